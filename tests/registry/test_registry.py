import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from sabench import (
    Access,
    Adapter,
    Alias,
    ContractError,
    Enrolment,
    Normaliser,
    ParameterError,
    PlanError,
    PluginLoadError,
    UnknownPlugin,
    hookimpl,
)
from sabench.checks import named
from sabench.interfaces.versions import version_of
from sabench.registry import probing
from sabench.registry.registry import KINDS, Registry, component

ADAPTER = """
    import sabench

    class Mine(sabench.Adapter):
        name = "mine"
        title = "mine, a plugin of a stranger"
        def fit(self, train, validation, *, context): ...
        def enrol(self, enrolment): ...

    @sabench.hookimpl
    def sabench_adapters():
        return {%r: Mine}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install distributions that consist of one module and one entry point."""
    made = []

    def add(distribution, name, source, *, kind="adapters"):
        place = tmp_path / distribution
        module = f"plugin_{distribution}_{len(made)}"
        made.append(module)
        metadata = place / f"{distribution}-1.0.dist-info"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[sabench.{kind}]\n{name} = {module}\n")
        (place / f"{module}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(place))
        return module

    yield add
    for module in made:
        sys.modules.pop(module, None)


class Halved(Normaliser):
    name = "halved"

    def __init__(self, factor: float = 0.5) -> None:
        self.factor = factor

    @property
    def access(self) -> Access:
        return Access()

    def fit(self, train) -> None: ...

    def enrol(self, enrolment: Enrolment):
        return lambda array: array * self.factor


class Plugin:
    """An object with hooks, as tests and notebooks hand it over."""

    def __init__(self, **offered) -> None:
        self.offered = offered

    @hookimpl
    def sabench_normalisers(self):
        return self.offered


def names(offers):
    return [offer.name for offer in offers]


def test_every_entry_point_of_sabench_itself_can_be_used():
    registry = Registry()
    broken = [(offer.name, offer.reason) for kind in KINDS for offer in registry.offers(kind) if offer.reason]
    assert broken == []


def test_names_are_told_without_importing_a_plugin(install):
    module = install("stranger", "mine", "raise SystemExit('imported')")
    assert "mine" in Registry().names("adapters")
    assert module not in sys.modules


def test_an_installed_plugin_is_found_by_its_name(install):
    install("stranger", "mine", ADAPTER % "mine")
    cls = Registry().get("adapters", "mine")
    assert issubclass(cls, Adapter)
    assert cls.title == "mine, a plugin of a stranger"


def test_asking_for_one_plugin_imports_no_other(install):
    module = install("other", "unrelated", ADAPTER % "unrelated")
    install("stranger", "mine", ADAPTER % "mine")
    Registry().get("adapters", "mine")
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module.part", r"needs the module 'no_such_module'.*Install what shaky needs\."),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def", "SyntaxError"),
        ("x = 1", "offer no 'mine'"),
        (ADAPTER % "other", "offer no 'mine'"),
        ("import sabench\n@sabench.hookimpl\ndef sabench_adapters(wrong):\n    return {}", "wrong"),
        ("import sabench\n@sabench.hookimpl\ndef sabench_adapters():\n    return {'mine': 3}", "returned 3; expected"),
        ("import sabench\n@sabench.hookimpl\ndef sabench_adapters():\n    return ['mine']", "expected names with"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_fails_alone(install, source, reason):
    install("shaky", "mine", source)
    registry = Registry()
    (offer,) = [offer for offer in registry.offers("adapters") if offer.name == "mine"]
    assert offer.reason
    assert "svm" in names(registry.offers("adapters"))
    assert registry.get("adapters", "svm").name == "svm"
    with pytest.raises(PluginLoadError, match=f"'mine' of shaky is broken: .*{reason}"):
        registry.get("adapters", "mine")


def test_two_plugins_of_one_name_are_an_error_that_names_both_distributions(install):
    install("alpha", "mine", ADAPTER % "mine")
    install("beta", "mine", ADAPTER % "mine")
    registry = Registry()
    assert registry.get("adapters", "svm").name == "svm"
    with pytest.raises(PluginLoadError, match="'mine' is offered twice, by alpha and beta. Uninstall one"):
        registry.get("adapters", "mine")


def test_a_stranger_cannot_replace_a_plugin_of_sabench(install):
    install("stranger", "svm", ADAPTER % "svm")
    with pytest.raises(PluginLoadError, match="'svm' is offered twice, by sabench and stranger"):
        Registry().get("adapters", "svm")


def test_a_module_with_two_plugins_and_an_entry_point_for_each_lists_each_once(install):
    source = ADAPTER.replace("{%r: Mine}", "{'one': Mine, 'two': Mine}")
    module = install("stranger", "one", source)
    metadata = next(Path(sys.path[0]).glob("*.dist-info"))
    (metadata / "entry_points.txt").write_text(f"[sabench.adapters]\none = {module}\ntwo = {module}\n")
    registry = Registry()
    found = [offer.name for offer in registry.offers("adapters") if offer.distribution == "stranger"]
    assert found == ["one", "two"]
    assert registry.get("adapters", "one") is registry.get("adapters", "two")


def test_an_unknown_name_gets_a_hint_and_what_there_is():
    with pytest.raises(UnknownPlugin, match=r"Unknown adapter 'svn'. Did you mean 'svm'\? Installed: .*svm-norm"):
        Registry().get("adapters", "svn")


def test_an_unknown_name_without_a_likeness_gets_no_hint():
    with pytest.raises(UnknownPlugin, match=r"Unknown features 'qqqq'. Installed: dvector, egemaps"):
        Registry().get("features", "qqqq")


def test_plugins_can_be_handed_over_in_this_process():
    registry = Registry(extra=[Plugin(halved=Halved)])
    assert registry.get("normalisers", "halved") is Halved
    assert "halved" in registry.names("normalisers")
    assert "halved" not in Registry().names("normalisers")


def test_one_module_may_hold_several_hooks(install):
    install("stranger", "mine", ADAPTER % "mine" + "\n    @sabench.hookimpl\n    def sabench_features(): return {}")
    assert Registry().get("adapters", "mine")


def test_an_alias_is_handed_out_as_it_is():
    alias = Registry().get("adapters", "svm-norm")
    assert isinstance(alias, Alias)
    assert (alias.adapter, alias.normaliser) == ("svm", "speaker-zscore")


def test_an_alias_is_not_built():
    with pytest.raises(ContractError, match="'svm-norm' is an alias of 'svm'; expand it"):
        Registry().create("adapters", "svm-norm")


def test_a_plugin_is_built_with_validated_parameters():
    registry = Registry(extra=[Plugin(halved=Halved)])
    assert registry.create("normalisers", "halved", {"factor": "0.25"}).factor == 0.25
    with pytest.raises(ParameterError, match="halved: factor is 'much'; input should be a valid number"):
        registry.create("normalisers", "halved", {"factor": "much"})


def test_a_plugin_that_leaves_out_a_method_cannot_be_built():
    class Unfinished(Normaliser):
        name = "unfinished"

    with pytest.raises(PluginLoadError, match="'unfinished' cannot be built: TypeError: .*abstract.*enrol"):
        Registry(extra=[Plugin(unfinished=Unfinished)]).create("normalisers", "unfinished")


def test_a_constructor_that_needs_what_is_missing_says_what_to_install():
    class Needy(Halved):
        def __init__(self) -> None:
            import no_such_module  # noqa: F401

    with pytest.raises(PluginLoadError, match="'needy' cannot be built: it needs the module 'no_such_module'"):
        Registry(extra=[Plugin(needy=Needy)]).create("normalisers", "needy")


def test_the_identity_of_a_plugin_is_name_version_and_all_parameters():
    identity = component("halved", Halved())
    assert (identity.name, identity.parameters) == ("halved", {"factor": 0.5})
    assert identity.version.startswith("1+source.")  # this file is no installed release


def test_a_parameter_that_cannot_be_hashed_is_refused():
    with pytest.raises(ContractError, match="parameters of 'halved' cannot be hashed: .*object is not JSON"):
        component("halved", Halved(factor=object()))


def test_a_parameter_that_is_not_stored_is_refused():
    class Forgetful(Halved):
        def __init__(self, factor: float = 0.5) -> None: ...

    with pytest.raises(ContractError, match="Forgetful does not store factor"):
        component("forgetful", Forgetful())


def test_loading_all_plugins_imports_no_heavy_library():
    code = (
        "import sys; from sabench.registry.registry import KINDS, Registry; r = Registry();"
        "[r.offers(k) for k in KINDS];"
        "heavy = {'torch', 'torchaudio', 'mlflow', 'sklearn', 'scipy', 'opensmile', 'matplotlib'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_metadata_of_installed_distributions_is_read_once(monkeypatch):
    import importlib.metadata as metadata

    calls, read = [], metadata.entry_points
    monkeypatch.setattr(metadata, "entry_points", lambda **chosen: calls.append(chosen) or read(**chosen))
    registry = Registry()
    for kind in KINDS:
        registry.names(kind)
        registry.offers(kind)
    registry.get("adapters", "svm")
    assert calls == [{}]


def test_a_plugin_is_built_again_as_a_run_recorded_it():
    registry = Registry()
    recorded = component("svm", registry.create("adapters", "svm", {"C": 2.0}))
    assert registry.rebuild("adapters", recorded).C == 2.0
    assert registry.rebuild("adapters", recorded, {"C": 3.0}).C == 3.0


def test_a_plugin_of_another_version_is_not_built_again():
    recorded = component("svm", Registry().create("adapters", "svm"))
    with pytest.raises(PluginLoadError, match=r"svm version 0; version \d+ is installed\. Install the version of the"):
        Registry().rebuild("adapters", replace(recorded, version="0"))


RUDE = {
    "raise GeneratorExit": "GeneratorExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "class Own(BaseException): ...\nraise Own('no')": "Own: no",
    "import os; os._exit(0)": "the process that imported it ended by itself with exit status 0",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "was killed by signal 11",
    "while True: pass": "importing it took longer than 0.5 s",
}


@pytest.mark.parametrize("threads", [0, 1], ids=["alone", "beside-a-thread"])
@pytest.mark.parametrize("source", RUDE)
def test_a_plugin_that_misbehaves_at_import_is_broken_and_the_others_work(install, monkeypatch, source, threads):
    """Beside other threads, as in a notebook, a process must not be forked; then it is tried in a fresh one."""
    monkeypatch.setattr(probing, "LIMIT_S", 0.5 if "while" in source else 20.0)
    monkeypatch.setattr(probing.threading, "active_count", lambda: 1 + threads)
    install("rude", "rude", source)
    offers = {offer.name: offer for offer in Registry().offers("adapters")}
    assert RUDE[source] in offers["rude"].reason
    assert offers["svm"].reason == ""


def test_what_a_plugin_prints_at_import_does_not_reach_the_results(install, capfd):
    install("loud", "mine", ADAPTER % "mine" + "\n    print('look at me')\n")
    assert Registry().get("adapters", "mine").title == "mine, a plugin of a stranger"
    assert "look at me" not in capfd.readouterr().out


# Methods out of files


FILE = """
from sabench import Adapter

class Mine(Adapter):
    name = "mine"
    def __init__(self, C: float = 1.0):
        self.C = C
    def fit(self, train, validation, *, context): ...
    def enrol(self, enrolment): ...
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a module of its own name into a folder of its own."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(source=FILE, name=None):
        path = tmp_path / f"{name or f'of_{tmp_path.name}'}.py"
        path.write_text(textwrap.dedent(source))
        sys.modules.pop(path.stem, None)
        return path

    return write


def test_a_plugin_out_of_a_file_is_found_by_its_own_name(file):
    registry = Registry()
    assert registry.settled("adapters", str(file())) == "mine"
    assert registry.create("adapters", "mine", {"C": 2.0}).C == 2.0
    assert registry.settled("adapters", "svm") == "svm"


def test_editing_a_file_changes_the_version_of_its_plugin(file):
    versions = []
    for source in (FILE, FILE.replace("1.0", "1.5")):
        registry = Registry()
        registry.settled("adapters", str(file(source)))
        versions.append(component("mine", registry.create("adapters", "mine")).version)
    assert len(set(versions)) == 2
    assert all(version.startswith("1+source.") for version in versions)


def test_an_installed_release_and_our_own_plugins_keep_their_version(install):
    assert version_of(Registry().get("adapters", "svm")) == Registry().get("adapters", "svm").version


@pytest.mark.parametrize(
    ("source", "asked", "words"),
    [
        ("x = 1", "", "should hold one adapter, a subclass of sabench.Adapter with a name; it has none"),
        (FILE + "\nclass Other(Mine):\n    name = 'other'\n", "", "it has several: mine, other. Name one, as in"),
        (FILE, ":mime", "holds no adapter 'mime'. Did you mean 'mine'?"),
        ("\n1 / 0", "", r"cannot be imported: ZeroDivisionError: division by zero \(line 2\)"),
        ("def", "", "cannot be imported: SyntaxError"),
    ],
)
def test_a_file_that_holds_no_plugin_is_told(file, source, asked, words):
    with pytest.raises(PluginLoadError, match=words):
        Registry().settled("adapters", f"{file(source)}{asked}")


TWO_KINDS = (
    FILE
    + """
from sabench import FeatureExtractor

class Level(FeatureExtractor):
    name = "level"
    def extract(self, signal, sampling_rate): ...
"""
)


def test_a_file_tells_which_kinds_of_plugins_it_holds(file):
    path = file(TWO_KINDS)
    assert Registry().kinds_in(str(path)) == ["features", "adapters"]
    assert Registry().kinds_in(f"{path}:level") == ["features"]
    assert Registry().kinds_in(f"{path}:nothing") == []


def test_checking_a_file_of_several_kinds_asks_for_the_kind(file):
    path = file(TWO_KINDS)
    with pytest.raises(PlanError, match=r"of several kinds: features and adapters\. Say which with --kind"):
        named.subjects(Registry(), str(path))
    assert [subject.kind for subject in named.subjects(Registry(), str(path), "adapters")] == ["adapters"]
    assert [subject.kind for subject in named.subjects(Registry(), f"{path}:level")] == ["features"]


def test_a_file_that_fails_is_run_once(file, tmp_path):
    path = file(f"""
        with open({str(tmp_path / "runs")!r}, "a") as stream:
            stream.write("run ")
        1 / 0
        """)
    with pytest.raises(PluginLoadError, match="ZeroDivisionError"):
        named.subjects(Registry(), str(path))
    assert (tmp_path / "runs").read_text() == "run "


def test_a_file_that_is_not_there_or_is_called_like_another_module_is_told(file, tmp_path):
    with pytest.raises(PluginLoadError, match="There is no file"):
        Registry().settled("adapters", str(tmp_path / "nothing.py"))
    path = tmp_path / "statistics.py"
    path.write_text(FILE)
    with pytest.raises(PluginLoadError, match=r"Python finds .*statistics\.py under that name"):
        Registry().settled("adapters", str(path))
