import json
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from speech import write_noise

from sabench import ContractError, Corpus, Dataset, DatasetError, audio, utterance_table
from sabench.containers.recording import Recording
from sabench.corpora import loading
from sabench.corpora.overview import summarise
from sabench.corpora.twins import MARKER
from sabench.machine.folders import cache_folder

SPEAKERS = ("s1", "s2", "s3")


def make_corpus(root: Path, labels=("neutral", "sad"), speakers=SPEAKERS) -> Corpus:
    rows = []
    for speaker in speakers:
        for label in labels:
            path = write_noise(root / f"{speaker}-{label}.wav")
            rows.append(
                {
                    "id": path.stem,
                    "path": str(path),
                    "speaker": speaker,
                    "label": label,
                    "neutral": label == "neutral",
                }
            )
    return Corpus("tiny", "2class", tuple(labels), utterance_table(rows), root)


def told(corpus: Corpus, *, fatal: bool) -> list[str]:
    return [str(fault) for fault in loading.prepare(corpus).faults if fault.fatal == fatal]


def changed(corpus: Corpus, row: int, column: str, value) -> Corpus:
    table = corpus.table.copy()
    table.loc[row, column] = value
    return corpus.with_table(table)


def count_reads(monkeypatch) -> list[Path]:
    reads = []
    segment = Recording.segment
    monkeypatch.setattr(Recording, "segment", lambda self, *args: reads.append(self.path) or segment(self, *args))
    return reads


def test_a_sound_corpus_has_no_faults_and_gets_three_columns(tmp_path):
    prepared = loading.prepare(make_corpus(tmp_path))
    assert prepared.faults == ()
    first = prepared.table.iloc[0]
    assert first["digest"] == audio.signal_digest(*audio.read(Path(first["path"])))
    assert first["duration_s"] == 0.05
    assert first["sampling_rate"] == 16_000


def test_recordings_of_another_rate_are_a_note_of_the_corpus(tmp_path):
    corpus = make_corpus(tmp_path)
    assert loading.prepare(corpus).notes == ()
    soundfile.write(corpus.table["path"][2], np.random.default_rng(0).uniform(-0.5, 0.5, 2400), 24_000)
    assert loading.prepare(corpus).notes == (
        "Resampled from 24000 Hz to 16000 Hz with a Kaiser window, 64 zero crossings.",
    )


def test_numbers_that_name_speakers_become_text(tmp_path):
    corpus = make_corpus(tmp_path)
    numbered = corpus.with_table(corpus.table.assign(speaker=[1, 1, 2, 2, 3, 3], session=[7.5, 7.5, 8, 8, None, None]))
    prepared = loading.prepare(numbered)
    assert prepared.table["speaker"].tolist() == ["1", "1", "2", "2", "3", "3"]
    assert prepared.table["session"].tolist()[:3] == ["7.5", "7.5", "8.0"]
    assert prepared.table["session"].isna().tolist() == [False] * 4 + [True] * 2
    assert prepared.faults == ()


def test_prepare_leaves_the_given_corpus_unchanged(tmp_path):
    corpus = make_corpus(tmp_path)
    before = corpus.table.copy()
    loading.prepare(corpus)
    pd.testing.assert_frame_equal(corpus.table, before)


def test_progress_counts_up_to_all_utterances(tmp_path):
    seen = []
    loading.prepare(make_corpus(tmp_path), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_audio_is_decoded_once(tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path)
    first = loading.prepare(corpus)
    reads = count_reads(monkeypatch)
    pd.testing.assert_frame_equal(loading.prepare(corpus).table, first.table)
    assert reads == []


def test_only_a_changed_file_is_decoded_again(tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path)
    before = loading.prepare(corpus)
    path = Path(corpus.table["path"][2])
    soundfile.write(path, np.zeros(900), 16_000)
    reads = count_reads(monkeypatch)
    after = loading.prepare(corpus)
    assert reads == [path]
    assert list(after.table["digest"] != before.table["digest"]) == [False, False, True, False, False, False]


@pytest.mark.parametrize("replace", [shutil.copy2, lambda source, target: shutil.move(source, target)])
def test_a_file_replaced_with_the_same_size_and_time_is_noticed(tmp_path, replace):
    corpus = make_corpus(tmp_path)
    before = loading.prepare(corpus)
    path = Path(corpus.table["path"][2])
    state = path.stat()
    other = tmp_path / "elsewhere" / "other.wav"
    other.parent.mkdir()
    soundfile.write(other, np.random.default_rng(5).uniform(-0.5, 0.5, 800), 16_000)
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    replace(other, path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    after = loading.prepare(corpus)
    assert list(after.table["digest"] != before.table["digest"]) == [False, False, True, False, False, False]


@pytest.mark.parametrize("format", ["wav", "mp3"])
def test_a_long_file_of_many_segments_is_decoded_once(tmp_path, monkeypatch, format):
    path = tmp_path / f"long.{format}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 80_000), 16_000)
    rows = [
        {"id": f"u{i}", "path": str(path), "speaker": f"s{i % 3}", "label": ("neutral", "sad")[i % 2]}
        | {"start_s": 0.02 * i, "end_s": 0.02 * i + 0.02}
        for i in range(200)
    ]
    opened, decoded = [], []
    monkeypatch.setattr(
        Recording, "__init__", lambda self, path, do=Recording.__init__: opened.append(path) or do(self, path)
    )
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda self, n, **options: decoded.append(n) or read(self, n, **options)
    )
    table = loading.prepare(Corpus("tiny", "2class", ("neutral", "sad"), utterance_table(rows[::-1]), tmp_path)).table
    assert len(opened) == 1
    assert sum(decoded) <= 80_000
    whole, _ = audio.read(path)
    assert table["digest"].tolist()[::-1] == [
        audio.signal_digest(whole[:, 320 * i : 320 * (i + 1)], 16_000) for i in range(200)
    ]


def test_one_label_in_all_rows_forbids_a_run(tmp_path):
    assert "Every utterance is labelled 'sad'; a classifier needs two classes or more." in told(
        make_corpus(tmp_path, labels=("sad",)), fatal=True
    )


def test_names_that_look_alike_are_on_the_card(tmp_path):
    corpus = loading.prepare(make_corpus(tmp_path, speakers=("Anna", "anna", "Ben")))
    assert [note for note in corpus.notes if "look alike" in note] == [
        fault.message for fault in corpus.faults if "look alike" in fault.message
    ]


def test_what_is_remembered_does_not_depend_on_the_order_of_rows(tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path)
    loading.prepare(corpus)
    reads = count_reads(monkeypatch)
    loading.prepare(corpus.with_table(corpus.table.iloc[::-1]))
    assert reads == []


def test_segments_of_one_file_are_told_apart(tmp_path):
    corpus = changed(make_corpus(tmp_path), 0, "end_s", 0.02)
    second = {**corpus.table.iloc[0], "id": "later", "start_s": 0.02, "end_s": 0.05}
    table = utterance_table([*corpus.table.to_dict("records"), second])
    for _ in range(2):  # decoded, then remembered
        prepared = loading.prepare(corpus.with_table(table))
        assert list(prepared.table["duration_s"].iloc[[0, -1]]) == pytest.approx([0.02, 0.03])
        assert prepared.table["digest"].nunique() == 7


def test_tasks_of_one_corpus_share_what_is_remembered(tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path)
    loading.prepare(corpus.with_table(corpus.table.iloc[:2]))
    loading.prepare(corpus.with_table(corpus.table.iloc[2:]))
    reads = count_reads(monkeypatch)
    loading.prepare(corpus)
    assert reads == []


def test_a_damaged_memory_is_told_and_made_anew(tmp_path, monkeypatch, caplog):
    corpus = make_corpus(tmp_path)
    loading.prepare(corpus)
    (store,) = (cache_folder() / "audio").glob("*.parquet")
    store.write_bytes(b"PAR1 damaged")
    with caplog.at_level(logging.WARNING):
        assert loading.prepare(corpus).faults == ()
    assert "damaged" in caplog.text
    reads = count_reads(monkeypatch)
    loading.prepare(corpus)
    assert reads == []


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        assert loading.prepare(make_corpus(tmp_path)).faults == ()
    assert "could not be remembered" in caplog.text


def test_several_at_once_give_the_same_and_lose_nothing(tmp_path, monkeypatch):
    corpus = make_corpus(tmp_path)
    halves = [corpus.with_table(corpus.table.iloc[i::3]) for i in range(3)] * 3
    with ThreadPoolExecutor(9) as pool:
        list(pool.map(loading.prepare, halves))
    reads = count_reads(monkeypatch)
    loading.prepare(corpus)
    assert reads == []


def test_missing_empty_truncated_and_text_files_are_faults_of_that_file(tmp_path):
    corpus = make_corpus(tmp_path)
    paths = [Path(path) for path in corpus.table["path"]]
    paths[0].unlink()
    paths[1].write_bytes(b"")
    paths[2].write_bytes(paths[2].read_bytes()[:900])
    paths[3].write_text("no audio at all, but a text of some length")
    faults = told(corpus, fatal=True)
    assert len(faults) == 4
    for words in (
        "s1-neutral.wav: is not there",
        "s1-sad.wav: is empty (0 bytes)",
        "s2-neutral.wav: is truncated: its header promises 1600 bytes",
        "s2-sad.wav: cannot be decoded as audio",
    ):
        assert any(fault.startswith(words) for fault in faults)


def test_identical_audio_of_one_speaker_and_label_is_told_and_allowed(tmp_path):
    corpus = make_corpus(tmp_path)
    twice = {**corpus.table.iloc[0], "id": "again"}
    corpus = corpus.with_table(utterance_table([*corpus.table.to_dict("records"), twice]))
    assert told(corpus, fatal=True) == []
    assert told(corpus, fatal=False) == [
        "s1-neutral.wav: Identical audio, of one speaker and label: s1-neutral, again."
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (1, "Identical audio stands for different labels neutral, sad: s1-neutral, s1-sad."),
        (2, "Identical audio stands for different speakers s1, s2: s1-neutral, s2-neutral."),
        (3, "Identical audio stands for different speakers s1, s2 and labels neutral, sad: s1-neutral, s2-sad."),
    ],
)
def test_identical_audio_with_different_speakers_or_labels_is_fatal(tmp_path, row, words):
    corpus = make_corpus(tmp_path)
    Path(corpus.table["path"][row]).write_bytes(Path(corpus.table["path"][0]).read_bytes())
    (fault,) = told(corpus, fatal=True)
    assert words in fault


def test_a_speaker_without_neutral_utterance_is_told(tmp_path):
    corpus = changed(make_corpus(tmp_path), 0, "neutral", False)
    assert told(corpus, fatal=True) == []
    (fault,) = told(corpus, fatal=False)
    assert "Speaker 's1' has no neutral utterance" in fault


def test_a_speaker_with_one_utterance_is_told(tmp_path):
    corpus = make_corpus(tmp_path)
    assert told(corpus.with_table(corpus.table.drop(1)), fatal=False) == [
        "Speaker 's1' has one utterance only: it is either scored or enrolled."
    ]


def test_an_absent_class_is_told_and_kept(tmp_path):
    corpus = make_corpus(tmp_path)
    corpus = corpus.with_table(corpus.table[corpus.table["label"] == "neutral"])
    assert "No utterance is labelled sad; task '2class' keeps its 2 classes." in told(corpus, fatal=False)
    assert loading.prepare(corpus).classes == ("neutral", "sad")


def test_repeated_ids_are_fatal(tmp_path):
    faults = told(changed(make_corpus(tmp_path), 1, "id", "s1-neutral"), fatal=True)
    assert faults == ["The id 's1-neutral' stands for 2 utterances; ids must be unique."]


def test_a_gender_of_any_name_is_welcome(tmp_path):
    corpus = changed(changed(make_corpus(tmp_path), 0, "gender", "divers"), 1, "gender", "divers")
    assert told(corpus, fatal=True) == []
    assert summarise(loading.prepare(corpus))["genders"] == {"divers": 1}


@pytest.mark.parametrize(
    ("column", "value", "known"),
    [
        ("label", "bored", "neutral, sad"),
        ("partition", "dev", "train, validation, test"),
    ],
)
def test_values_that_a_corpus_does_not_know_are_fatal(tmp_path, column, value, known):
    faults = told(changed(make_corpus(tmp_path), 1, column, value), fatal=True)
    assert faults == [f"Utterance 's1-sad' has the {column} {value!r}; expected one of {known}."]


def test_an_utterance_without_speaker_is_fatal(tmp_path):
    assert "Utterance 's1-sad' has no speaker." in told(changed(make_corpus(tmp_path), 1, "speaker", None), fatal=True)


def test_a_corpus_without_utterances_is_a_fault_not_a_crash(tmp_path):
    corpus = make_corpus(tmp_path)
    assert told(corpus.with_table(corpus.table.iloc[:0]), fatal=True) == [
        "The corpus holds no usable utterance for this task."
    ]


def test_columns_that_a_corpus_does_not_know_break_the_contract(tmp_path):
    corpus = make_corpus(tmp_path)
    with pytest.raises(ContractError, match="has mood; expected the columns id, path"):
        loading.prepare(corpus.with_table(corpus.table.assign(mood="x")))
    with pytest.raises(ContractError, match="lacks speaker; expected"):
        loading.prepare(corpus.with_table(corpus.table.drop(columns="speaker")))


def test_a_row_without_a_needed_column_breaks_the_contract():
    with pytest.raises(ContractError, match="lacks speaker, label"):
        utterance_table([{"id": "a", "path": "a.wav"}])


def test_no_rows_make_an_empty_table_with_all_columns():
    assert utterance_table([]).shape == (0, 10)


def test_a_list_of_files_that_leads_into_a_twin_is_a_twin(tmp_path):
    corpus = make_corpus(tmp_path / "twin" / "wav")
    (tmp_path / "twin" / MARKER).write_text(json.dumps({"dataset": "tiny", "seed": 4}))
    assert loading.prepare(corpus).simulation == {"dataset": "tiny", "seed": 4}


def test_a_faulty_corpus_is_refused_with_five_faults_and_where_to_see_all(tmp_path):
    corpus = make_corpus(tmp_path, speakers=("s1", "s2", "s3", "s4"))
    for path in corpus.table["path"][:7]:
        Path(path).unlink()
    with pytest.raises(DatasetError) as caught:
        loading.refuse_faulty(loading.prepare(corpus))
    message = str(caught.value)
    assert message.startswith("The corpus 'tiny' has 7 faults that forbid a run:")
    assert message.count("is not there") == 5
    assert "and 2 more" in message
    assert message.endswith(f"sabench dataset check tiny --task 2class --root {tmp_path}")


def test_faults_that_are_only_to_know_refuse_nothing(tmp_path):
    loading.refuse_faulty(loading.prepare(changed(make_corpus(tmp_path), 0, "neutral", False)))


def test_the_fingerprint_ignores_paths_and_order(tmp_path):
    here = loading.prepare(make_corpus(tmp_path / "here"))
    there = loading.prepare(make_corpus(tmp_path / "there"))
    assert loading.fingerprint(here) == loading.fingerprint(there)
    assert loading.fingerprint(here.with_table(here.table.iloc[::-1])) == loading.fingerprint(here)


@pytest.mark.parametrize(("column", "value"), [("id", "x"), ("speaker", "x"), ("label", "sad"), ("digest", "x")])
def test_the_fingerprint_follows_ids_speakers_labels_and_samples(tmp_path, column, value):
    prepared = loading.prepare(make_corpus(tmp_path))
    assert loading.fingerprint(changed(prepared, 0, column, value)) != loading.fingerprint(prepared)


def test_a_corpus_that_is_not_decoded_has_no_fingerprint(tmp_path):
    corpus = make_corpus(tmp_path)
    with pytest.raises(DatasetError, match="not decoded, so it has no fingerprint"):
        loading.fingerprint(corpus)
    Path(corpus.table["path"][0]).unlink()
    with pytest.raises(DatasetError, match="sabench dataset check tiny"):
        loading.fingerprint(loading.prepare(corpus))


def test_load_takes_the_first_task_and_refuses_unknown_ones(tmp_path):
    class Tiny(Dataset):
        name = "tiny"
        tasks = ("2class", "4class")

        def load(self, root, task):
            return make_corpus(root)

    assert loading.load(Tiny(), tmp_path).task == "2class"
    with pytest.raises(DatasetError, match=r"no task '2clas'. Did you mean '2class'\? Its tasks: 2class, 4class"):
        loading.load(Tiny(), tmp_path, "2clas")


def test_a_plugin_that_fails_is_told_in_one_sentence(tmp_path):
    class Broken(Dataset):
        name = "broken"
        tasks = ("2class",)

        def load(self, root, task):
            return {}["speaker"]

    with pytest.raises(DatasetError, match=r"plugin of dataset 'broken' fails over .*: KeyError: 'speaker'. Compare"):
        loading.load(Broken(), tmp_path)


def test_a_summary_counts_classes_speakers_partitions_and_seconds(tmp_path):
    corpus = make_corpus(tmp_path)
    corpus.table["partition"] = ["train"] * 4 + ["test"] * 2
    corpus.table["gender"] = ["female"] * 2 + ["male"] * 4
    summary = summarise(loading.prepare(corpus))
    assert summary["utterances"] == 6
    assert summary["classes"] == {"neutral": 3, "sad": 3}
    assert summary["speakers"] == {"s1": 2, "s2": 2, "s3": 2}
    assert summary["partitions"] == {"test": 2, "train": 4}
    assert summary["classes_by_partition"] == {
        "train": {"neutral": 2, "sad": 2},
        "test": {"neutral": 1, "sad": 1},
    }
    assert summary["genders"] == {"female": 1, "male": 2}
    assert summary["durations"] == {"total_s": 0.3, "shortest_s": 0.05, "median_s": 0.05, "longest_s": 0.05}
    assert summary["sampling_rates"] == {"16000": 6}
    assert json.dumps(summary)


def test_an_empty_corpus_has_a_summary(tmp_path):
    corpus = make_corpus(tmp_path)
    summary = summarise(loading.prepare(corpus.with_table(corpus.table.iloc[:0])))
    assert summary["utterances"] == 0
    assert summary["classes"] == {"neutral": 0, "sad": 0}
    assert summary["durations"] == {}
