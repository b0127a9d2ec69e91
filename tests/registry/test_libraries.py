import pytest

from sabench import Adapter, PluginLoadError
from sabench.registry import libraries
from sabench.registry.registry import Registry


class Hungry(Adapter):
    name = "hungry"
    libraries = ("nothing_of_that_name.inside", "sklearn.svm", "also_not_there")

    def fit(self, train, validation, *, context): ...

    def enrol(self, enrolment): ...


def test_what_is_not_installed_is_named_by_its_package(monkeypatch):
    there = libraries.is_installed
    monkeypatch.setattr(libraries, "is_installed", lambda name: name != "sklearn" and there(name))
    assert libraries.missing([Hungry]) == ["also_not_there", "nothing_of_that_name", "scikit-learn"]


def test_a_method_that_lacks_something_is_refused_with_the_command_that_brings_it():
    with pytest.raises(PluginLoadError, match=r"hungry needs also_not_there and nothing_of_that_name, not installed"):
        libraries.refuse_missing("hungry", [Hungry()])


@pytest.mark.parametrize("name", ["resnet", "eresnet", "film", "mlp", "dat"])
def test_networks_say_that_they_need_torch(name, monkeypatch):
    there = libraries.is_installed
    monkeypatch.setattr(libraries, "is_installed", lambda name: name != "torch" and there(name))
    assert libraries.missing([Registry().get("adapters", name)]) == ["torch"]


def test_nothing_of_what_is_installed_here_lacks_anything():
    registry = Registry()
    for kind in ("adapters", "normalisers", "features"):
        classes = [offer.value for offer in registry.offers(kind) if hasattr(offer.value, "libraries")]
        assert libraries.missing(classes) == []
