import pytest

from sabench import PlanError
from sabench.machine.environment import cores, environment, resolve_device, versions


def test_what_numbers_depend_on_is_told():
    told = environment("cpu")
    assert told["device"] == "cpu"
    assert told["cores"] == cores() >= 1
    assert {"sabench", "numpy", "torch", "opensmile"} <= set(versions())


@pytest.mark.parametrize("wanted", ["auto", "cpu", "cuda", "mps"])
def test_a_method_for_the_processor_runs_there_whatever_is_wanted(wanted):
    assert resolve_device(wanted, ("cpu",)) == "cpu"


def test_the_best_device_that_is_there_is_taken(monkeypatch):
    import torch

    there = {"cuda": False, "mps": True}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there["cuda"])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: there["mps"])
    usable = ("cuda", "mps", "cpu")
    assert resolve_device("auto", usable) == "mps"
    assert resolve_device("cpu", usable) == "cpu"
    there["cuda"] = True
    assert resolve_device("auto", usable) == "cuda"


def test_a_device_that_is_asked_for_by_name_has_to_be_there(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(PlanError, match="Device 'cuda' is not there: torch sees cpu"):
        resolve_device("cuda", ("cuda", "cpu"))
