from pathlib import Path

import numpy as np
import pytest
import soundfile
from made_audio import PCM, encoded, wav

from sabench import Corpus, utterance_table
from sabench.corpora import loading

NOISE = np.random.default_rng(0).uniform(-0.4, 0.4, (12, 1600)).astype(np.float32)


def told(root: Path, write, *, fatal: bool = False) -> list[str]:
    """Return what is told of a corpus of six files, the first two of which `write` writes."""
    rows = []
    for i in range(6):
        path = root / f"{i}.wav"
        if i > 1 or not write(path, NOISE[i]):
            soundfile.write(path, NOISE[i], 16_000)
        row = {"id": path.stem, "path": str(path), "speaker": f"s{i % 3}", "label": ("neutral", "sad")[i // 3]}
        rows.append({**row, "neutral": i < 3})
    corpus = loading.prepare(Corpus("tiny", "2class", ("neutral", "sad"), utterance_table(rows), root))
    return [str(fault) for fault in corpus.faults if fault.fatal == fatal]


def written(**options):
    return lambda path, signal: soundfile.write(path, signal, 16_000, **options) or True


def test_sound_that_is_as_it_should_be_is_no_fault(tmp_path):
    assert told(tmp_path, written()) == []


def test_integers_that_were_stored_as_floating_point_numbers_are_told(tmp_path):
    (fault,) = told(tmp_path, lambda path, x: soundfile.write(path, 32_768 * x, 16_000, subtype="FLOAT") or True)
    assert fault.startswith("0.wav: 2 recordings have samples beyond [-1, 1], up to 131")
    assert "integers were stored as floating point numbers; divide them by 32768" in fault


def test_an_overshoot_is_told_as_such(tmp_path):
    (fault,) = told(tmp_path, lambda path, x: soundfile.write(path, 2.6 * x, 16_000, subtype="FLOAT") or True)
    assert "have samples beyond [-1, 1], up to 1.0" in fault
    assert "some features clip them" in fault


@pytest.mark.parametrize("share", [1.0, 0.95])
def test_channels_in_antiphase_are_told(tmp_path, share):
    def write(path, x):
        soundfile.write(path, np.stack([x, -share * x], axis=1), 16_000)
        return True

    faults = told(tmp_path, write)
    assert (
        "0.wav: 2 recordings are in antiphase: their channels cancel each other in the mono mix of features." in faults
    )


def test_plain_stereo_and_one_silent_channel_are_no_antiphase(tmp_path):
    def write(path, x):
        soundfile.write(path, np.stack([x, 0 * x], axis=1), 16_000)
        return True

    assert not any("antiphase" in fault for fault in told(tmp_path, write))


def test_silence_is_told(tmp_path):
    def write(path, x):
        return path.stem == "0" and (soundfile.write(path, 0 * x, 16_000) or True)

    assert "0.wav: This recording is silent: all samples are zero." in told(tmp_path, write)


def test_mixed_sampling_rates_are_told_with_a_file_of_the_rarer(tmp_path):
    (fault,) = told(tmp_path, lambda path, x: soundfile.write(path, x, 44_100) or True)
    assert fault.startswith("0.wav: Sampling rates differ: 16000 Hz (4), 44100 Hz (2). A model may tell speakers")


def test_mixed_numbers_of_channels_are_told(tmp_path):
    (fault,) = told(tmp_path, lambda path, x: soundfile.write(path, np.stack([x, x], axis=1), 16_000) or True)
    assert fault.startswith("0.wav: Numbers of channels differ: 1 (4), 2 (2).")


def test_headers_that_tell_less_than_there_is_are_told_once(tmp_path):
    def write(path, x):
        pcm = PCM if path.stem == "0" else PCM[::-1]
        return path.write_bytes(wav(len(PCM) // 2, pcm))

    faults = told(tmp_path, write)
    assert faults == [
        "0.wav: Its header promises 32000 bytes of audio and 64000 are there; all were read. 1 more files have such "
        "headers."
    ]


def test_a_container_cut_short_forbids_a_run(tmp_path):
    content = encoded("AIFF")
    faults = told(tmp_path, lambda path, x: path.write_bytes(content[: len(content) // 2]), fatal=True)
    assert faults == [
        f"{i}.wav: is truncated: its header promises 64000 bytes of audio and 31973 are there; restore it from the "
        "original."
        for i in (0, 1)
    ]


def segments(root: Path, rows: list[tuple[str, str, float, float | None]]) -> list[str]:
    """Return what is told of segments of one file, with whether it forbids a run; speaker, label, start, end."""
    soundfile.write(root / "a.wav", np.random.default_rng(1).uniform(-0.4, 0.4, 32_000), 16_000)
    table = utterance_table(
        {"id": f"u{i}", "path": str(root / "a.wav"), "speaker": speaker, "label": label, "start_s": start_s}
        | {"end_s": float("nan") if end_s is None else end_s, "neutral": label == "neutral"}
        for i, (speaker, label, start_s, end_s) in enumerate(rows)
    )
    corpus = loading.prepare(Corpus("tiny", "2class", ("neutral", "sad"), table, root))
    return [f"{fault.fatal} {fault}" for fault in corpus.faults if "verlap" in fault.message]


def test_segments_that_overlap_are_told(tmp_path):
    rows = [("a", "sad", 0, 0.5), ("a", "sad", 0.4, 0.9), ("a", "neutral", 1, 1.5)]
    assert segments(tmp_path, rows) == ["False a.wav: Segments overlap: 'u0' and 'u1' by 0.100 s."]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (("b", "sad", 0.4, 0.9), "two speakers"),
        (("a", "neutral", 0.4, 0.9), "two labels"),
        (("b", "neutral", 0.0, None), "two speakers and two labels"),
    ],
)
def test_segments_that_overlap_under_two_speakers_or_labels_forbid_a_run(tmp_path, second, words):
    (fault,) = segments(tmp_path, [("a", "sad", 0.0, 0.5), second])
    assert fault.startswith(f"True a.wav: Segments overlap under {words}; correct the segments or leave one out: 'u")


def test_segments_that_touch_do_not_overlap(tmp_path):
    assert segments(tmp_path, [("a", "sad", 0, 0.5), ("b", "neutral", 0.5, 1.0), ("c", "sad", 0.99, 2.0)]) == []


def test_many_overlaps_of_a_file_are_one_fault(tmp_path):
    rows = [("a", "sad", 0.01 * i, 0.01 * i + 0.5) for i in range(100)]
    (fault,) = segments(tmp_path, rows)
    assert "by 0.490 s, and " in fault
    assert len(fault) < 150
