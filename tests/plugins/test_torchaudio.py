"""torchaudio loads only beside the torch that it was built for; where it cannot, what needs it says so."""

import json
import subprocess
import sys

import pytest

NEED_IT = ("dvector", "logmel", "logspec")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that puts packages of given builds before the real ones, as Python finds them."""

    def write(torch, torchaudio, code=""):
        for name, build in {"torch": torch, "torchaudio": torchaudio}.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text(code)
            (tmp_path / name / "version.py").write_text(f"__version__ = '2.14.1+{build}'\ncuda = '13.0'\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return write


def python(code, *arguments):
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def broken():
    done = python("from sabench.cli import main; main()", "list", "features", "--json")
    return {offer["name"]: offer["broken"] for offer in json.loads(done.stdout)["features"] if offer["broken"]}


@pytest.mark.parametrize(("torch", "torchaudio"), [("cu130", "cu126"), ("cpu", "cu130")])
def test_a_torchaudio_for_another_torch_is_told_where_plugins_are_listed(installed, torch, torchaudio):
    installed(torch, torchaudio)
    reasons = broken()
    assert set(NEED_IT) <= set(reasons)
    assert "egemaps" not in reasons
    assert f"torch is for {torch}, torchaudio for {torchaudio}. Install the two together" in reasons["logspec"]
    assert (
        f"pip install --force-reinstall torch torchaudio --index-url https://download.pytorch.org/whl/{torch}"
        in (reasons["logspec"])
    )


@pytest.mark.parametrize(("torch", "torchaudio"), [("cu130", "cu130"), ("cu130", "cpu"), ("cpu", "cpu")])
def test_one_that_loads_is_not_spoken_of(installed, torch, torchaudio):
    installed(torch, torchaudio)
    assert not set(NEED_IT) & set(broken()) - {"dvector"}  # whose weights may be missing


def test_one_that_fails_all_the_same_costs_a_sentence_and_no_traceback(installed):
    installed("cu130", "cu130", "raise OSError('libtorch_cuda.so: cannot open shared object file')")
    code = (
        "from sabench_plugins.features import _torchaudio\n"
        "try: _torchaudio.module('functional')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = python(code).stdout
    assert said.startswith(
        "PluginLoadError torchaudio does not load (libtorch_cuda.so: cannot open shared object file)."
    )
    assert "Install the two together: pip install --force-reinstall torch torchaudio" in said
