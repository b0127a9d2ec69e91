"""Every plugin that comes with sabench, held to the suite that strangers' plugins are held to."""

import importlib.metadata

import pytest
from made_corpora import CORPORA

from sabench import PluginLoadError
from sabench.checks import Subject, run
from sabench.checks.named import subjects
from sabench.registry.registry import Registry


def first_party(kind):
    return sorted(
        point.name
        for point in importlib.metadata.entry_points(group=f"sabench.{kind}")
        if point.value.startswith("sabench_plugins.")
    )


def failures(subject):
    return [f"{outcome.check}: {outcome.detail}" for outcome in run(subject) if outcome.status == "failed"]


@pytest.mark.parametrize("name", first_party("adapters"))
def test_adapters_keep_their_promises(name):
    adapter, *normalisers = subjects(Registry(), name, "adapters")
    if normalisers and adapter.cls.name in first_party("adapters"):
        pytest.skip(f"an alias of {adapter.cls.name} behind {normalisers[0].cls.name}, both checked by themselves")
    assert failures(adapter) == []


@pytest.mark.parametrize("name", first_party("normalisers"))
def test_normalisers_keep_their_promises(name):
    (normaliser,) = subjects(Registry(), name, "normalisers")
    assert failures(normaliser) == []


@pytest.mark.parametrize("name", sorted({*first_party("features")} - {"ssl"}))  # whose weights test_pretrained makes
def test_features_keep_their_promises(name):
    try:
        (extractor,) = subjects(Registry(), name, "features")
    except PluginLoadError as error:
        if "pip install" not in str(error):
            raise
        pytest.skip(str(error))
    assert failures(extractor) == []


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_datasets_keep_their_promises(name):
    dataset = Registry().create("datasets", name)
    assert failures(Subject(dataset, CORPORA[name])) == []


def test_every_dataset_but_those_that_read_any_corpus_is_checked():
    assert set(first_party("datasets")) - {"audformat"} == CORPORA.keys()
