import csv

import numpy as np
import pytest
import soundfile

from sabench.corpora import loading
from sabench.registry.registry import Registry
from sabench.testing import DURATION_S, SAMPLING_RATE, deliveries, make_corpus, sound


def pitch_hz(signal):
    return np.abs(np.fft.rfft(signal, 2**17)).argmax() * SAMPLING_RATE / 2**17


def loaded(table):
    return loading.load(Registry().create("datasets", "table"), table, jobs=1)


def test_the_table_can_be_read_and_has_no_fault(tones):
    corpus = loaded(tones)
    assert corpus.faults == ()
    assert corpus.classes == ("happy", "neutral", "sad")
    assert corpus.table.groupby(["speaker", "label"]).size().eq(3).all()
    assert corpus.table.loc[corpus.table["neutral"], "label"].eq("neutral").all()
    assert dict(zip(corpus.table["speaker"], corpus.table["partition"], strict=True)) == {
        "s0": "train",
        "s1": "train",
        "s2": "validation",
        "s3": "test",
    }


def test_pitch_and_loudness_are_those_that_are_promised(tones):
    with tones.open() as stream:
        rows = list(csv.DictReader(stream))
    for row, delivery in zip(rows, deliveries(4, 1.0, 3, 0), strict=True):
        signal, sampling_rate = soundfile.read(tones.parent / row["file"])
        assert (sampling_rate, len(signal)) == (SAMPLING_RATE, int(DURATION_S * SAMPLING_RATE))
        assert pitch_hz(signal) == pytest.approx(delivery.pitch_hz, rel=0.02)
        assert np.sqrt((signal**2).mean()) == pytest.approx(delivery.amplitude, rel=0.01)


def test_speakers_lie_as_far_apart_as_the_shift_says():
    for shift in (0.0, 0.5, 1.0):
        levels = [np.mean([d.level for d in deliveries(3, shift, 20, 0) if d.speaker == s]) for s in range(3)]
        assert np.diff(levels) == pytest.approx([3 * shift] * 2, abs=0.15)


def test_classes_lie_two_semitones_apart_within_every_speaker():
    for speaker in range(3):
        own = [d for d in deliveries(3, 1.0, 20, 0) if d.speaker == speaker]
        means = [np.mean([d.level for d in own if d.label == label]) for label in ("sad", "neutral", "happy")]
        assert np.diff(means) == pytest.approx([2.0, 2.0], abs=0.15)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path):
    made = {name: make_corpus(tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))}
    content = {name: (table.parent / "wav" / "s0_sad_0.wav").read_bytes() for name, table in made.items()}
    assert content["a"] == content["b"] != content["c"]


def test_no_two_utterances_are_alike(tones):
    assert loaded(tones).table["digest"].is_unique


def test_nothing_is_clipped():
    loudest = max(deliveries(10, 1.0, 1, 0), key=lambda delivery: delivery.level)
    assert np.abs(sound(loudest)).max() < 1
