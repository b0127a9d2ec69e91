"""What stands in the documentation is so: commands run, signatures and keys are the real ones, the site builds."""

import ast
import contextlib
import functools
import importlib.util
import inspect
import io
import json
import os
import re
import shlex
import subprocess
import sys
import types
from dataclasses import fields
from pathlib import Path

import pytest
from speech import write_noise

import sabench
from sabench import cli, errors, testing
from sabench.checks import Subject, run
from sabench.interfaces import hookspecs, plugins, records, views
from sabench.protocols import folds
from sabench.registry import registry
from sabench.results.runs import RunRecord
from sabench.running.plan import Plan

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
ELSEWHERE = ("make", "source", "pip", "export", "mlflow", "dask")
"""First words of commands that these tests do not run: they install, serve, or set the shell up."""


def text(page):
    return (DOCS / page).read_text(encoding="utf-8")


def fenced(page, language):
    """Return the code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def commands(page):
    """Return the commands of a page, as words: of `sh` blocks, and of blocks that are indented."""
    blocks = [*fenced(page, "sh"), *re.findall(r"(?:^(?:    .*)\n)+", page, re.MULTILINE)]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines if line.strip().startswith(("sabench ", *ELSEWHERE))]
    return [line for line in words if line[0] not in ELSEWHERE]


@pytest.fixture(scope="module")
def generator():
    """The program that writes the reference of the command line."""
    spec = importlib.util.spec_from_file_location("generate_cli", DOCS / "generate_cli.py")
    module = sys.modules["generate_cli"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["generate_cli"]


# Commands


def test_the_reference_of_the_command_line_is_up_to_date(generator):
    assert text("reference/cli.md") == generator.page(), "Write it anew: python docs/generate_cli.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_is_one_that_there_is(page, generator):
    known = dict(generator.commands("sabench", generator.app))
    for words in commands(page.read_text(encoding="utf-8")):
        if words[1] in ("--version", "--help") or words[1].endswith(","):
            continue
        name = max((name for name in known if words[: len(name.split())] == name.split()), key=len, default=None)
        assert name, f"there is no command {shlex.join(words)}"
        options = {"--help"}
        for one in generator.parameters(known[name]):
            if not one.is_argument:
                options |= set(re.findall(r"--?[a-z][a-z-]*", one.usage))
        used = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        assert used <= options, f"{shlex.join(words)} has options that there are not"


class Walk:
    """Runs commands in this process, in a folder and with caches of its own."""

    def __init__(self, folder, monkeypatch):
        self._monkeypatch = monkeypatch
        self.folder = folder
        for name in ("cache", "config"):
            monkeypatch.setenv(f"SABENCH_{name.upper()}", str(folder / name))
        monkeypatch.setenv("HOME", str(folder))

    def sabench(self, *words):
        """Run a command and return what it printed; it has to end with status 0."""
        self._monkeypatch.setattr(sys, "argv", ["sabench", *words])
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
                status = 0
            except SystemExit as end:
                status = end.code or 0
        assert status == 0, f"{shlex.join(['sabench', *words])} ended with {status}:\n{err.getvalue()[-2000:]}"
        return out.getvalue()

    def enter(self, place):
        """Go into a folder, made where it is not there."""
        place.mkdir(exist_ok=True)
        self._monkeypatch.chdir(place)

    def follow(self, lines, place, small=lambda words: words):
        """Run every command in a folder; return what each printed, by its words as they stand on the page."""
        self.enter(place)
        return {shlex.join(words): self.sabench(*small(words)[1:]) for words in lines}


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Walk(tmp_path_factory.mktemp("walk"), monkeypatch)


@pytest.fixture(scope="module")
def tutorial(walk):
    """What the commands of the tutorial print, on a twin a fifth as large."""

    def small(words):
        smaller = ["0.01" if before == "--scale" else word for before, word in zip(["", *words], words, strict=False)]
        return [*smaller, "--no-track", "--jobs", "1"] if words[1] == "run" else smaller

    return walk.follow(commands(text("tutorial/first-leaderboard.md")), walk.folder / "tutorial", small)


@pytest.fixture(scope="module")
def printed(walk, tutorial):
    """The JSON objects that commands print on the results of the tutorial."""
    own = {
        "run": "run --adapter svm --dataset iemocap --root twin --no-track --jobs 1",
        "compare": "compare svm-norm svm-iemocap",
        "show": "show svm-norm",
        "leaderboard": "leaderboard",
        "protocol show": "protocol show --dataset iemocap --root twin",
        "dataset info": "dataset info iemocap --root twin",
        "dataset check": "dataset check iemocap --root twin",
        "list": "list normalisers",
        "export": "export svm-norm --output mine.zip",
        "verify": "verify mine.zip --root twin",
    }
    walk.enter(walk.folder / "tutorial")
    return {name: json.loads(walk.sabench(*line.split(), "--json")) for name, line in own.items()}


def test_every_command_of_the_tutorial_runs(tutorial):
    assert len(tutorial) >= 10
    shown = tutorial["sabench leaderboard"]
    assert all(
        method in shown
        for method in ("svm", "svm-norm", "svm-neutral", "other-speaker", "(simulated, speaker effect 1)")
    )


def write_corpora(folder):
    """Write tones under names of EmoDB and RAVDESS."""
    import soundfile

    emodb, ravdess = folder / "corpora" / "emodb" / "wav", folder / "ravdess"
    emodb.mkdir(parents=True)
    emotions = {"happy": ("F", "03"), "neutral": ("N", "01"), "sad": ("T", "04")}
    for one in testing.deliveries(n_speakers=3, shift=1.0, n_per_class=2, seed=0):
        letter, number = emotions[one.label]
        actor = ravdess / f"Actor_0{one.speaker + 1}"
        actor.mkdir(parents=True, exist_ok=True)
        sound = functools.partial(soundfile.write, samplerate=testing.SAMPLING_RATE, subtype="PCM_16")
        sound(emodb / f"0{one.speaker + 3}a0{one.number + 1}{letter}a.wav", testing.sound(one))
        sound(actor / f"03-01-{number}-01-01-0{one.number + 1}-0{one.speaker + 1}.wav", testing.sound(one))


def test_every_command_of_the_readme_runs(walk, tutorial, monkeypatch):
    write_corpora(walk.folder)
    monkeypatch.setenv("SABENCH_RAVDESS_ROOT", str(walk.folder / "ravdess"))
    twin = walk.folder / "tutorial" / "twin"
    large = "--dataset aibo --task 5class --simulated"
    less = (
        f"--dataset iemocap --root {twin} --protocol speaker-kfold:3 --set eresnet.epochs=1 --set eresnet.width=0.03125"
    )

    def reduced(words):
        words = [os.path.expanduser(word) for word in words]
        if words[1] != "run":
            return words
        return shlex.split(shlex.join(words).replace(large, less)) + ["--no-track", "--jobs", "1"]

    lines = []
    for words in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        several = words[1].endswith(",")  # "sabench curve, paper: see --help of each"
        lines += [["sabench", word.strip(","), "--help"] for word in words[1:]] if several else [words]
    done = walk.follow(lines, walk.folder / "readme", reduced)
    assert any(large in line for line in done), "the README has another command on a twin; run it smaller here"
    assert "svm-norm" in done["sabench compare svm-ravdess svm-norm-ravdess"]


# Python


@pytest.mark.parametrize("page", sorted(DOCS.glob("how-to/write-*.md")), ids=lambda page: page.stem)
def test_every_plugin_that_a_page_shows_can_be_built(page):
    kind = {"adapter": "adapters", "dataset": "datasets", "features": "features", "normaliser": "normalisers"}[
        page.stem.rpartition("-")[2]
    ]
    shown = [block for block in fenced(page.read_text(encoding="utf-8"), "python") if "hookimpl" in block]
    assert shown
    for number, block in enumerate(shown):
        module = types.ModuleType(f"shown_{number}")
        exec(compile(block, str(page), "exec"), vars(module))
        found = registry.Registry([module])
        (name,) = getattr(module, f"sabench_{kind}")()
        assert found.create(kind, name).parameters() is not None


def whispers(root):
    """Write a corpus in the layout of the dataset that the page shows."""
    for speaker in ("anna", "bert"):
        for emotion in ("happy", "neutral", "sad"):
            write_noise(root / f"{speaker}_{emotion}_01.wav")
    return root


@pytest.mark.parametrize("page", sorted(DOCS.glob("how-to/write-*.md")), ids=lambda page: page.stem)
def test_every_plugin_that_a_page_shows_passes_the_conformance_suite(page, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    shown = [block for block in fenced(page.read_text(encoding="utf-8"), "python") if "hookimpl" in block]
    for number, block in enumerate(shown):
        name = f"conforming_{page.stem.replace('-', '_')}_{number}"
        (tmp_path / f"{name}.py").write_text(block, encoding="utf-8")  # other processes import it too
        found = registry.Registry([importlib.import_module(name)])
        for kind in registry.KINDS:
            for offer in found.offers(kind):
                if offer.distribution != "this process":
                    continue
                plugin = found.create(kind, offer.name)
                outcomes = run(Subject(plugin, whispers if kind == "datasets" else None))
                assert [f"{one.check}: {one.detail}" for one in outcomes if one.status == "failed"] == []


def test_the_notebook_of_the_adapters_page_runs(tones, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tones.parent)
    *_, adapts, notebook = fenced(text("how-to/write-an-adapter.md"), "python")
    module = types.ModuleType("notebook")
    monkeypatch.setitem(sys.modules, "notebook", module)
    notebook = notebook.replace("track=False", f"track=False, jobs=1, results={str(tmp_path / 'results')!r}")
    exec(compile(adapts + notebook, "notebook", "exec"), vars(module))
    shown = capsys.readouterr().out
    assert "from-neutral" in shown
    assert "1 neutral" in shown


# Signatures


def documented(page):
    """Return the signature under every heading of a page that has one."""
    found = {}
    for section in re.split(r"^##+ ", text(page), flags=re.MULTILINE)[1:]:
        blocks = [block for block in fenced(section, "py") if re.match(r"(@\w+\n)?def ", block)]
        if blocks:
            found[section.splitlines()[0]] = blocks[0]
    return found


def plain(source):
    """Return a signature in one form: its arguments without annotations of `self`, its result."""
    tree = ast.parse(source.strip() + ": ...").body[0]
    return tree.name, ast.unparse(tree.args), ast.unparse(tree.returns)


def real(function):
    """Return the signature of a function likewise, from its own source text."""
    shown = re.sub(r"'((?:[^'\\]|\\.)*)'", r"\1", str(inspect.signature(function)))
    return plain(f"def {function.__name__}{shown}")


def function_of(name):
    """Return what stands behind `Adapter.fit` or `sabench_adapters`."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return getattr(hookspecs, name, None) or getattr(sabench, name)
    home = next(room for room in (plugins, views, sabench) if hasattr(room, owner))
    value = inspect.getattr_static(getattr(home, owner), member)
    unwrapped = getattr(value, "__func__", value)
    return getattr(unwrapped, "fget", None) or getattr(unwrapped, "func", None) or unwrapped


@pytest.mark.parametrize("page", ["reference/interfaces.md", "reference/hooks.md", "reference/python.md"])
def test_documented_signatures_are_the_real_ones(page):
    shown = documented(page)
    assert len(shown) >= 2
    for name, source in shown.items():
        if name.startswith("sabench."):
            name = name.removeprefix("sabench.")
        assert plain(re.sub(r"^@\w+\n", "", source)) == real(function_of(name)), name


HANDED_OUT = (
    plugins.Plugin, plugins.Dataset, plugins.FeatureExtractor, plugins.Normaliser, plugins.Adapter,
    plugins.Predictor, plugins.Checkpoint, views.Utterances, views.Enrolment, views.FeatureView,
)  # fmt: skip


@pytest.mark.parametrize("cls", HANDED_OUT, ids=lambda cls: cls.__name__)
def test_every_public_member_of_an_interface_is_documented(cls):
    page = text("reference/interfaces.md")
    own = [name for name in vars(cls) if not name.startswith("_")]
    attributes = [name for name in getattr(cls, "__annotations__", {}) if not name.startswith("_")]
    section = page[page.index(f"\n## {cls.__name__}\n") :].split("\n## ")[1]
    for name in {*own, *attributes}:
        assert f"### {cls.__name__}.{name}\n" in section or f"`{name}`" in section, name


def test_every_value_of_the_context_is_documented():
    section = section_of("Context", "reference/interfaces.md")
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == [name for name in plugins.Context.__dataclass_fields__]


# Names


HOOKS = sorted(name for name, value in vars(hookspecs).items() if hasattr(value, "sabench_spec"))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading(hook):
    assert f"\n## {hook}\n" in text("reference/hooks.md")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_heard(hook):
    kind = hook.removeprefix("sabench_")
    base = {
        "datasets": plugins.Dataset,
        "features": plugins.FeatureExtractor,
        "normalisers": plugins.Normaliser,
        "adapters": plugins.Adapter,
    }[kind]
    own = type("Own", (base,), {"name": "own"})
    plugin = types.ModuleType("plugin")
    setattr(plugin, hook, sabench.hookimpl(function_named(hook, own)))
    assert registry.Registry([plugin]).get(kind, "own") is own


def function_named(name, value):
    def function():
        return {"own": value}

    function.__name__ = name
    return function


def test_every_error_is_documented():
    page = text("reference/errors.md")
    for name, cls in vars(errors).items():
        if isinstance(cls, type) and issubclass(cls, errors.SabenchError):
            also = next((base for base in cls.__bases__ if base is not errors.SabenchError), None)
            also = also or (errors.SabenchError if cls is not errors.SabenchError else Exception)
            assert f"| `{name}` | `{also.__name__}` |" in page, name


def test_every_public_name_is_documented():
    page = text("reference/python.md")
    for name in sabench.__all__:
        assert re.search(rf"`(sabench\.)?{name}\b", page), name


def test_every_value_of_a_plan_is_documented():
    keys = re.findall(r"^\| `(\w+)` \|", text("reference/plans.md"), re.MULTILINE)
    assert keys[: len(Plan.model_fields)] == list(Plan.model_fields)


def test_every_word_of_a_pool_and_every_draw_is_documented():
    plans, access = text("reference/plans.md"), text("explanation/access.md")
    for word in folds.PoolRule.__dataclass_fields__:
        assert f"`{word.replace('_', '-')}" in plans
    for kind in records.Draw.KINDS:
        assert re.search(rf"^\| `{kind}(:\d)?` \|", access, re.MULTILINE), kind


def test_every_value_of_a_stored_run_is_documented():
    section = section_of("run.json", "reference/results.md")
    assert keys_in(section) == {field.name for field in fields(RunRecord) if field.name != "status"}


# JSON


def section_of(heading, page="reference/json.md"):
    """Return what stands under a heading of the second level."""
    return text(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def keys_in(section):
    """Return the keys in the first column of its tables."""
    return set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))))


def test_the_keys_of_the_protocol_card_are_the_documented_ones(printed):
    section = text("reference/protocol-card.md").split("\n## ")[0]
    assert keys_in(section) == set(printed["protocol show"]["card"])


def test_the_keys_of_a_run_are_the_documented_ones(printed):
    assert keys_in(section_of("run")) == set(printed["run"]["runs"][0])


@pytest.mark.parametrize("command", ["compare", "show"])
def test_the_keys_of_a_command_are_the_documented_ones(printed, command):
    assert keys_in(section_of(command)) == set(printed[command])


def test_the_keys_of_both_sides_of_a_comparison_are_documented(printed):
    section = section_of("compare")
    line = next(line for line in section.splitlines() if line.startswith("| `first`"))
    assert set(re.findall(r"`(\w+)`", line)) - {"first", "second"} == set(printed["compare"]["first"])


def test_the_keys_of_the_leaderboard_are_the_documented_ones(printed):
    (table,) = printed["leaderboard"]["tables"]
    assert keys_in(section_of("leaderboard")) == {*table, *table["rows"][0]}


@pytest.mark.parametrize(
    ("heading", "command"),
    [("protocol show", "protocol show"), ("dataset info", "dataset info"), ("dataset check", "dataset check")],
)
def test_keys_of_commands_without_a_table_are_told_in_their_text(printed, heading, command):
    section = section_of(heading)
    assert set(printed[command]) <= set(re.findall(r"`(\w+)`", section))


@pytest.mark.parametrize("command", ["export", "verify"])
def test_keys_of_other_commands_are_told_in_one_line(printed, command):
    line = next(line for line in text("reference/json.md").splitlines() if line.startswith(f"| `{command}` |"))
    assert set(printed[command]) <= set(re.findall(r"`(\w+)`", line))


def test_the_keys_of_a_listed_plugin_are_documented(printed):
    section = section_of("list")
    assert set(printed["list"]["normalisers"][0]) <= set(re.findall(r"`(\w+)`", section))


# The site


def test_the_site_builds_without_a_warning_and_asks_nothing_of_the_network(tmp_path):
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install 'sabench[docs]'")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"?([^\" >]+)", page.read_text(encoding="utf-8"))
        loaded += re.findall(r"<link[^>]* rel=\"?stylesheet[^>]* href=\"?([^\" >]+)", page.read_text(encoding="utf-8"))
        assert not [source for source in loaded if source.startswith(("http", "//"))], page


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert listed == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
