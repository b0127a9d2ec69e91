import json
import subprocess
import sys
import textwrap

import pytest

from sabench import cli


@pytest.fixture
def listed(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["sabench", "list", *arguments])
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code or 0
        return status, capsys.readouterr()

    return call


def rows(captured, kind):
    return {row["name"]: row for row in json.loads(captured.out)[kind]}


def test_every_kind_of_plugin_is_listed_with_what_it_needs(listed):
    status, captured = listed()
    assert status == 0
    for words in ("emodb", "7class, 4class", "egemaps", "functionals", "speaker-zscore", "svm-neutral", "1 neutral"):
        assert words in captured.out


def test_the_list_can_be_read_by_programs(listed):
    status, captured = listed("--json")
    assert status == 0
    assert set(json.loads(captured.out)) == {"datasets", "features", "normalisers", "adapters"}
    svm = rows(captured, "adapters")["svm-norm"]
    assert (svm["needs"], svm["broken"], svm["distribution"]) == ("transductive", "", "sabench")


def test_one_kind_can_be_asked_for(listed):
    _, captured = listed("features", "--json")
    assert set(json.loads(captured.out)) == {"features"}


def test_an_unknown_kind_gets_a_hint(listed):
    status, captured = listed("adaptors")
    assert status == 2
    assert "There is no kind of plugin 'adaptors'. Did you mean 'adapters'?" in captured.err


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "it needs the module 'no_such_module', which is not installed"),
        (
            """
            import sabench
            class Mine(sabench.Normaliser):
                name = "mine"
                title = "raises when it is built"
                def __init__(self): raise OSError("no licence file")
                def fit(self, train): ...
                def enrol(self, enrolment): ...
            @sabench.hookimpl
            def sabench_normalisers(): return {"mine": Mine}
            """,
            "The normaliser 'mine' cannot be built: OSError: no licence file",
        ),
        (
            """
            import sabench
            class Mine(sabench.Normaliser):
                name = "mine"
                @property
                def access(self): return 1 / 0
                def fit(self, train): ...
                def enrol(self, enrolment): ...
            @sabench.hookimpl
            def sabench_normalisers(): return {"mine": Mine}
            """,
            "ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_broken_plugin_is_listed_as_broken_beside_the_others(listed, tmp_path, monkeypatch, source, reason):
    (tmp_path / "shaky-1.0.dist-info").mkdir()
    (tmp_path / "shaky-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shaky\nVersion: 1.0\n")
    entry = "[sabench.normalisers]\nmine = shaky_plugin\n"
    (tmp_path / "shaky-1.0.dist-info" / "entry_points.txt").write_text(entry)
    (tmp_path / "shaky_plugin.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shaky_plugin", raising=False)
    status, captured = listed("normalisers", "--json")
    found = rows(captured, "normalisers")
    assert status == 0
    assert reason in found["mine"]["broken"]
    assert found["mine"]["title"].startswith("BROKEN: ")
    assert found["speaker-zscore"]["broken"] == ""


def test_the_list_imports_neither_torch_nor_mlflow():
    code = (
        "import sys; from sabench import cli\n"
        "sys.argv = ['sabench', 'list']\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = ['torch', 'torchaudio', 'mlflow', 'sklearn', 'opensmile', 'matplotlib']\n"
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "svm-norm" in done.stdout
    assert done.stderr.strip() == ""
