"""Every plugin that comes with sabench, held to the suite that strangers' plugins are held to."""

import importlib.metadata
from pathlib import Path

import pytest

from sabench.checks import Subject, run
from sabench.checks.named import subjects
from sabench.registry.registry import Registry
from sabench.testing import make_corpus
from tests.speech import DIALOGUE, write_aibo, write_dialogue, write_noise


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


@pytest.mark.parametrize("name", first_party("features"))
def test_features_keep_their_promises(name):
    (extractor,) = subjects(Registry(), name, "features")
    assert failures(extractor) == []


def write_emodb(root: Path) -> Path:
    for speaker in ("03", "08"):
        for emotion in "WLEAFTN":
            write_noise(root / "wav" / f"{speaker}a01{emotion}a.wav")
    return root


def write_ravdess(root: Path) -> Path:
    for actor in ("01", "02"):
        for emotion in range(1, 9):
            write_noise(root / f"Actor_{actor}" / f"03-01-{emotion:02}-01-01-01-{actor}.wav")
    return root


def write_children(root: Path) -> Path:
    labels = [("IDL", "N"), ("NEG", "A"), ("NEG", "E"), ("IDL", "P"), ("IDL", "R")]
    speakers = ("Mont_01", "Ohm_01", "Ohm_31", "Ohm_32")
    return write_aibo(root, [(f"{speaker}_000_0{i}", *two) for speaker in speakers for i, two in enumerate(labels)])


def write_dialogues(root: Path) -> Path:
    more = (
        "[25.0 - 26.0]\tSes01F_impro01_M003\tsad\t[2.5, 2.5, 2.5]\n[27.0 - 28.0]\tSes01F_impro01_M004\tang\t[2, 2, 2]\n"
    )
    write_dialogue(root, text=DIALOGUE + more)
    return root


CORPORA = {
    "aibo": write_children,
    "emodb": write_emodb,
    "iemocap": write_dialogues,
    "ravdess": write_ravdess,
    "table": make_corpus,
}


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_datasets_keep_their_promises(name):
    dataset = Registry().create("datasets", name)
    assert failures(Subject(dataset, CORPORA[name])) == []


def test_every_dataset_but_those_that_read_any_corpus_is_checked():
    assert set(first_party("datasets")) - {"audformat"} == CORPORA.keys()
