"""Counts of real corpora; facts as published, and of the copies at hand."""

import time

import pytest

from sabench.corpora import loading
from sabench_plugins.datasets.emodb import Emodb
from sabench_plugins.datasets.ravdess import Ravdess


@pytest.fixture(scope="module")
def emodb(recordings):
    return recordings / "emodb"


@pytest.fixture(scope="module")
def ravdess(recordings):
    return recordings / "ravdess"


def counts(corpus, column):
    return corpus.table[column].value_counts().to_dict()


def test_emodb_has_its_535_utterances(emodb):
    corpus = loading.load(Emodb(), emodb)
    assert corpus.faults == ()
    assert counts(corpus, "label") == {
        "anger": 127,
        "boredom": 81,
        "neutral": 79,
        "happiness": 71,
        "fear": 69,
        "sadness": 62,
        "disgust": 46,
    }
    assert corpus.table["speaker"].nunique() == 10
    assert set(corpus.table.loc[corpus.table["gender"] == "male", "speaker"]) == {"03", "10", "11", "12", "15"}
    assert corpus.table["duration_s"].max() <= 2.0
    assert set(corpus.table["sampling_rate"]) == {16_000}


def test_emodb_in_four_classes_has_339_utterances(emodb):
    corpus = loading.load(Emodb(), emodb, "4class")
    assert counts(corpus, "label") == {"anger": 127, "neutral": 79, "happiness": 71, "sadness": 62}


def test_ravdess_has_the_672_utterances_at_hand_and_says_what_is_missing(ravdess):
    corpus = loading.load(Ravdess(), ravdess)
    assert counts(corpus, "label") == {"happy": 192, "sad": 192, "angry": 192, "neutral": 96}
    assert set(counts(corpus, "speaker").values()) == {28}
    assert corpus.table.groupby("gender")["speaker"].nunique().to_dict() == {"female": 12, "male": 12}
    assert [fault.fatal for fault in corpus.faults] == [False] * 3
    told = " ".join(str(fault) for fault in corpus.faults)
    assert "This copy has 672 utterances of speech; the published corpus has 1440" in told
    assert "No utterance is labelled calm, fearful, disgust, surprised; task '8class' keeps its 8 classes" in told
    assert "03-01-03-01-02-01-07, 03-01-03-01-02-02-07" in told


def test_the_fingerprint_is_the_same_from_the_folder_of_files(emodb):
    whole = loading.load(Emodb(), emodb)
    inner = loading.load(Emodb(), emodb / "wav")
    assert loading.fingerprint(whole) == loading.fingerprint(inner)


def test_a_second_look_at_535_files_takes_a_blink(emodb):
    loading.load(Emodb(), emodb)
    started = time.perf_counter()
    loading.load(Emodb(), emodb)
    assert time.perf_counter() - started < 0.3
