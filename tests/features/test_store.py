import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sabench import FeatureError, FeatureExtractor, audio
from sabench.features.featureset import FeatureSet
from sabench.features.index import Index, opened
from sabench.features.shards import SUFFIX, write_shard
from sabench.features.store import FeatureStore
from sabench.machine import processes

RATE = 16_000


class Moments(FeatureExtractor):
    """Four functionals; notes every call in a file, so that calls in any process can be counted."""

    name = "moments"
    kind = "functionals"

    def __init__(self, *, notes: str = "", power: float = 1.0) -> None:
        self.notes = notes
        self.power = power

    def extract(self, signal, sampling_rate):
        if self.notes:
            with Path(self.notes).open("a") as file:
                file.write(f"{os.getpid()}\n")
        x = np.abs(signal[0]) ** self.power
        return np.array([x.mean(), x.std(), x.max(), sampling_rate], np.float32)


class Slow(Moments):
    def extract(self, signal, sampling_rate):
        time.sleep(0.03)
        return super().extract(signal, sampling_rate)


class Frames(FeatureExtractor):
    name = "frames"
    kind = "sequences"

    def extract(self, signal, sampling_rate):
        return signal[0, : signal.shape[1] // 100 * 100].reshape(-1, 100).copy()


class Faulty(FeatureExtractor):
    """Returns whatever `answers` gives for the length of the signal."""

    name = "faulty"
    kind = "functionals"

    def __init__(self, answers) -> None:
        self.answers = answers

    def parameters(self):
        return {}

    def extract(self, signal, sampling_rate):
        return self.answers(signal.shape[1])


class Deadly(Moments):
    def extract(self, signal, sampling_rate):
        os._exit(3)


def make_table(folder: Path, n: int, first: int = 0) -> pd.DataFrame:
    """Write `n` files, each some samples longer than the one before, and return their prepared table."""
    folder.mkdir(exist_ok=True)
    rows = []
    for i in range(first, first + n):
        path = folder / f"u{i}.wav"
        soundfile.write(path, np.random.default_rng(i).uniform(-0.5, 0.5, 1000 + 100 * i), RATE)
        rows.append((f"u{i}", str(path), 0.0, np.nan, audio.signal_digest(*audio.read(path))))
    return pd.DataFrame(rows, columns=["id", "path", "start_s", "end_s", "digest"])


@pytest.fixture
def store(tmp_path):
    yield FeatureStore(tmp_path / "store")
    opened.cache_clear()


@pytest.fixture
def table(tmp_path):
    return make_table(tmp_path / "audio", 3)


def calls(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def only_shard(features: FeatureSet) -> Path:
    (path,) = features.folder.glob(f"*{SUFFIX}")
    return path


def expected(table: pd.DataFrame) -> np.ndarray:
    return np.stack([Moments().extract(audio.read(Path(path))[0], RATE) for path in table["path"]])


# What is handed back


def test_features_come_back_in_the_order_asked_for(store, table):
    view = store.ensure(table, Moments(), "moments").view(table["digest"][::-1])
    assert np.array_equal(view.stack(), expected(table)[::-1])


def test_sequences_keep_their_lengths_and_are_memory_mapped_and_read_only(store, table):
    view = store.ensure(table, Frames(), "frames").view(table["digest"])
    assert view.lengths.tolist() == [10, 11, 12]
    assert view.width == 100
    assert not view[0].flags.writeable
    assert np.array_equal(view[1].ravel(), audio.read(Path(table["path"][1]))[0][0])


def test_a_segment_gets_the_features_of_its_own_samples(store, table):
    segment = table.iloc[[0]].assign(start_s=0.01, end_s=0.03)
    signal, rate = audio.read(Path(table["path"][0]), 0.01, 0.03)
    segment["digest"] = audio.signal_digest(signal, rate)
    view = store.ensure(segment, Moments(), "moments").view(segment["digest"])
    assert np.array_equal(view[0], Moments().extract(signal, rate))


@pytest.mark.parametrize("jobs", [1, 2])
def test_segments_of_a_long_file_have_the_features_of_the_samples_that_were_indexed(store, tmp_path, jobs):
    path = tmp_path / "long.mp3"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 64_000), 16_000)
    rows = [{"id": f"u{i}", "path": str(path), "start_s": 0.1 * i, "end_s": 0.1 * i + 0.1} for i in range(39, -1, -1)]
    for row in rows:
        row["digest"] = audio.signal_digest(*audio.read(path, row["start_s"], row["end_s"]))
    table = pd.DataFrame(rows)
    features = store.ensure(table, Moments(), "moments", jobs=jobs)
    whole, _ = audio.read(path)
    expected = [np.abs(whole[:, round(1600 * i) : round(1600 * (i + 1))]).mean() for i in range(39, -1, -1)]
    assert features.view(table["digest"]).stack()[:, 0] == pytest.approx(expected, rel=1e-6)


def test_extractors_are_given_mono_at_16_khz(store, tmp_path):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.full((4000, 2), [0.5, 0.25]), RATE)
    row = {
        "id": "a",
        "path": str(path),
        "start_s": 0.0,
        "end_s": np.nan,
        "digest": audio.signal_digest(*audio.read(path)),
    }
    table = pd.DataFrame([row])
    assert store.ensure(table, Moments(), "moments").view(table["digest"])[0].tolist() == [0.375, 0.0, 0.375, RATE]


def test_a_feature_set_and_its_view_are_small_when_pickled_and_work_in_another_process(store, table):
    features = store.ensure(table, Frames(), "frames")
    view = features.view(table["digest"])
    _ = view.lengths, view[0]
    copy = pickle.loads(pickle.dumps((features, view)))
    assert len(pickle.dumps((features, view))) < 2000
    assert copy[0] == features
    assert np.array_equal(copy[1][2], view[2])


def test_features_that_are_gone_say_what_to_do(store, table):
    features = store.ensure(table, Moments(), "moments")
    only_shard(features).unlink()
    opened.cache_clear()
    with pytest.raises(FeatureError, match="lacks features that were there before. Run the same command again"):
        features.view(table["digest"]).stack()


# What is computed, and what is not


def test_reordered_and_added_files_use_again_what_is_there(store, table, tmp_path):
    extractor = Moments(notes=str(tmp_path / "notes"))
    store.ensure(table, extractor, "moments")
    more = pd.concat([make_table(tmp_path / "audio", 2, first=3), table[::-1]])
    features = store.ensure(more, extractor, "moments")
    assert calls(tmp_path / "notes") == 5
    assert np.array_equal(features.view(more["digest"]).stack(), expected(more))


def test_moved_audio_is_the_same_audio(store, table, tmp_path):
    extractor = Moments(notes=str(tmp_path / "notes"))
    store.ensure(table, extractor, "moments")
    (tmp_path / "audio").rename(tmp_path / "elsewhere")
    store.ensure(table.assign(id=["a", "b", "c"], path="elsewhere"), extractor, "moments")
    assert calls(tmp_path / "notes") == 3


def test_identical_audio_is_computed_once(store, table, tmp_path):
    extractor = Moments(notes=str(tmp_path / "notes"))
    twice = pd.concat([table, table.assign(id=["a", "b", "c"])])
    assert len(store.ensure(twice, extractor, "moments").view(twice["digest"]).stack()) == 6
    assert calls(tmp_path / "notes") == 3


def test_another_parameter_version_or_name_is_computed_apart(store):
    class Newer(Moments):
        version = "2"

    addresses = {
        store.address(Moments(), "moments"),
        store.address(Moments(power=2.0), "moments"),
        store.address(Newer(), "moments"),
        store.address(Moments(), "other"),
    }
    assert len(addresses) == 4
    assert store.address(Moments(power=1.0), "moments") in addresses


def test_what_was_resampled_is_computed_apart_from_what_was_not(store, table):
    kept = store.ensure(table.assign(sampling_rate=RATE), Moments(), "moments").folder
    resampled = store.ensure(table.assign(sampling_rate=[RATE, 24_000, RATE]), Moments(), "moments").folder
    assert kept == store.ensure(table, Moments(), "moments").folder == store.address(Moments(), "moments")
    assert resampled != kept
    assert "resampled" in json.loads((resampled / "extractor.json").read_text())["preprocessing"]


def test_worker_processes_give_what_one_process_gives(store, tmp_path):
    table = make_table(tmp_path / "audio", 9)
    told = []
    extractor = Moments(notes=str(tmp_path / "notes"))
    features = store.ensure(table, extractor, "moments", jobs=2, progress=lambda *step: told.append(step))
    assert np.array_equal(features.view(table["digest"]).stack(), expected(table))
    assert str(os.getpid()) not in (tmp_path / "notes").read_text().splitlines()
    assert told[-1] == (9, 9)


def test_small_shards_become_one_file_and_a_reader_of_the_old_ones_goes_on(store, table, tmp_path):
    features = store.ensure(table, Moments(), "moments")
    reader = Index(features.folder)
    reader.refresh()
    store.ensure(make_table(tmp_path / "audio", 2, first=3), Moments(), "moments")
    only_shard(features)
    assert np.array_equal(reader.read(table["digest"][0]), expected(table)[0])


def test_features_that_are_there_are_read_without_heavy_libraries_or_processes(store, table, tmp_path):
    store.ensure(table, Moments(), "moments")
    table.to_pickle(tmp_path / "table.pkl")
    script = """
        import sys
        import pandas as pd
        sys.path.insert(0, sys.argv[3])
        from tests.features.test_store import Moments
        before = set(sys.modules)
        from sabench.features.store import FeatureStore
        table = pd.read_pickle(sys.argv[2])
        assert len(FeatureStore(sys.argv[1]).ensure(table, Moments(), "moments").view(table["digest"]).stack()) == 3
        print({"loky", "torch", "opensmile", "scipy", "safetensors", "filelock"} & (set(sys.modules) - before))
    """
    arguments = [str(store.folder), str(tmp_path / "table.pkl"), str(Path(__file__).parents[2])]
    assert run_script(script, *arguments).strip() == "set()"


# Processes side by side


def run_script(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_two_processes_fill_one_store_with_one_set_of_right_entries(store, tmp_path):
    table = make_table(tmp_path / "audio", 12)
    table.to_pickle(tmp_path / "table.pkl")
    notes = tmp_path / "notes"
    script = textwrap.dedent("""
        import sys, time
        import pandas as pd
        sys.path.insert(0, sys.argv[4])
        from tests.features.test_store import Moments
        from sabench.features.store import FeatureStore
        table = pd.read_pickle(sys.argv[2])
        extractor = Moments(notes=sys.argv[3])
        features = FeatureStore(sys.argv[1]).ensure(table, extractor, "moments", jobs=2)
        print(features.view(table["digest"]).stack().tolist())
    """)
    arguments = [str(store.folder), str(tmp_path / "table.pkl"), str(notes), str(Path(__file__).parents[2])]
    fillers = [
        subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = [filler.communicate(timeout=60)[0] for filler in fillers]
    assert [filler.returncode for filler in fillers] == [0, 0]
    assert printed == [f"{expected(table).tolist()}\n"] * 2
    # `notes` is a parameter, hence part of the address: both filled the same one.
    assert calls(notes) == 12
    features = store.ensure(table, Moments(notes=str(notes)), "moments")
    assert sum(len(shard.entries) for shard in opened(features.folder).shards()) == 12


def test_a_worker_that_dies_is_told_and_leaves_nothing_half_written(store, tmp_path):
    table = make_table(tmp_path / "audio", 6)
    with pytest.raises(FeatureError, match="A worker process died while it computed 'moments' features"):
        store.ensure(table, Deadly(), "moments", jobs=2)
    assert not list(store.folder.glob(f"*/*{SUFFIX}*"))


def test_a_filler_that_is_killed_loses_no_more_than_what_was_in_flight(store, tmp_path):
    table = make_table(tmp_path / "audio", 40)
    table.to_pickle(tmp_path / "table.pkl")
    extractor = Slow(notes=str(tmp_path / "notes"))
    script = """
        import sys
        import pandas as pd
        sys.path.insert(0, sys.argv[4])
        from tests.features.test_store import Slow
        from sabench.features.store import FeatureStore
        FeatureStore(sys.argv[1]).ensure(pd.read_pickle(sys.argv[2]), Slow(notes=sys.argv[3]), "slow", jobs=2)
    """
    arguments = [str(store.folder), str(tmp_path / "table.pkl"), extractor.notes, str(Path(__file__).parents[2])]
    folder = store.address(extractor, "slow")
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), *arguments]) as filler:
        while filler.poll() is None and not list(folder.glob(f"[!.]*{SUFFIX}")):
            time.sleep(0.01)
        filler.kill()
    index = Index(folder)
    index.refresh()
    kept = sum(digest in index for digest in table["digest"])
    time.sleep(2 * processes.POLL_S)  # until its workers have noticed
    before = calls(tmp_path / "notes")
    features = store.ensure(table, extractor, "slow", jobs=1)
    assert 0 < kept < 40
    assert calls(tmp_path / "notes") - before <= 40 - kept
    assert np.array_equal(features.view(table["digest"]).stack(), expected(table))


def test_leftovers_of_a_killed_writer_are_swept(store, table):
    folder = store.address(Moments(), "moments")
    folder.mkdir(parents=True)
    left = folder / f".0{SUFFIX}.1-ab"
    left.write_bytes(b"half")
    store.ensure(table, Moments(), "moments")
    assert not left.exists()


# Damage


def flip_a_value(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def cut(content: bytes) -> bytes:
    return content[:-4]


def lengthen(content: bytes) -> bytes:
    return content + b"\0"


def garble_the_header(content: bytes) -> bytes:
    return content[:8] + b"garbage" + content[15:]


def garble_the_length(content: bytes) -> bytes:
    return b"\xff" * 8 + content[8:]


def empty(content: bytes) -> bytes:
    return b""


def rename_an_entry(content: bytes) -> bytes:
    first = content.index(b'":{"dtype"') - 1
    return content[:first] + b"x" + content[first + 1 :]


@pytest.mark.parametrize(
    "damage", [flip_a_value, cut, lengthen, garble_the_header, garble_the_length, empty, rename_an_entry]
)
def test_damage_is_told_and_its_features_computed_again(store, table, caplog, damage):
    shard = only_shard(store.ensure(table, Moments(), "moments"))
    shard.write_bytes(damage(shard.read_bytes()))
    opened.cache_clear()
    with caplog.at_level(logging.WARNING):
        features = store.ensure(table, Moments(), "moments")
    assert np.array_equal(features.view(table["digest"]).stack(), expected(table))
    assert "A file of 'moments' features is damaged" in caplog.text
    assert only_shard(features) != shard


def test_no_flipped_byte_goes_unseen(store, table):
    features = store.ensure(table, Moments(), "moments")
    shard = only_shard(features)
    content = shard.read_bytes()
    seen = 0
    for position in range(len(content)):
        shard.write_bytes(content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :])
        index = Index(features.folder)
        damaged = index.refresh() | index.check(table["digest"])
        seen += bool(damaged) or not all(digest in index for digest in table["digest"])
    assert seen == len(content)


def test_damage_in_one_file_leaves_the_others_alone(store, tmp_path):
    table = make_table(tmp_path / "audio", 4)
    extractor = Moments(notes=str(tmp_path / "notes"))
    features = store.ensure(table.iloc[:2], extractor, "moments")
    shard = only_shard(features)
    write_shard(features.folder, dict(zip(table["digest"][2:], expected(table)[2:], strict=True)))
    shard.write_bytes(flip_a_value(shard.read_bytes()))
    opened.cache_clear()
    assert np.array_equal(store.ensure(table, extractor, "moments").view(table["digest"]).stack(), expected(table))
    assert calls(tmp_path / "notes") == 2 + 2


def test_a_file_that_changes_under_a_reader_is_read_anew(store, table):
    features = store.ensure(table, Moments(), "moments")
    reader = Index(features.folder)
    reader.refresh()
    shard = only_shard(features)
    shard.write_bytes(cut(shard.read_bytes()))
    with pytest.raises(FeatureError, match="lacks features that were there before"):
        reader.read(table["digest"][0])


# Contract


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([1.0, 2.0], "returned list; expected a float32 array"),
        (np.zeros(3), r"returned float64 of shape \(3,\); expected a float32 array of shape \(n_features,\)"),
        (np.zeros((2, 3), np.float32), r"returned float32 of shape \(2, 3\)"),
        (np.zeros(0, np.float32), r"shape \(0,\); expected .*, not empty"),
        (np.array([1, np.nan, np.inf], np.float32), "returned 2 of 3 values that are NaN or infinite"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_utterance_and_the_rest_kept(store, table, answer, words):
    good = np.ones(3, np.float32)
    extractor = Faulty(lambda length: answer if length == 1100 else good)
    with pytest.raises(FeatureError, match=f"(?s)failed for 1 of 3 utterances; all others are kept.*'u1'.*{words}"):
        store.ensure(table, extractor, "faulty")
    assert store.ensure(table.iloc[[0, 2]], extractor, "faulty").view(table["digest"][[0, 2]]).stack().shape == (2, 3)


def test_an_exception_of_an_extractor_names_the_utterance(store, table):
    extractor = Faulty(lambda length: 1 / (length - 1200))
    with pytest.raises(FeatureError, match=r"utterance 'u2' \(.*u2.wav\): ZeroDivisionError: division by zero"):
        store.ensure(table.iloc[[2]], extractor, "faulty")


def test_a_missing_library_is_told_once(store, table):
    def answers(length):
        import a_library_that_nobody_has  # noqa: F401

    with pytest.raises(FeatureError, match="'faulty' cannot be used: No module named 'a_library_that_nobody_has'"):
        store.ensure(table, Faulty(answers), "faulty")


def test_many_failures_end_the_work_and_three_are_told(store, tmp_path):
    table = make_table(tmp_path / "audio", 40)
    with pytest.raises(FeatureError, match=r"failed for \d\d of \d\d utterances") as caught:
        store.ensure(table, Faulty(lambda length: None), "faulty", jobs=1)
    assert "of 40" not in str(caught.value)
    assert str(caught.value).count("NoneType") == 3
    assert str(caught.value).endswith("more")


def test_widths_that_differ_are_refused(store, table):
    extractor = Faulty(lambda length: np.ones(length // 100, np.float32))
    with pytest.raises(FeatureError, match="'faulty' gave features of 10 and 11 and 12 values"):
        store.ensure(table, extractor, "faulty")


def test_missing_audio_names_the_utterance(store, table):
    Path(table["path"][1]).unlink()
    with pytest.raises(FeatureError, match="utterance 'u1'.*is not there"):
        store.ensure(table, Moments(), "moments")


def test_audio_that_changed_since_it_was_indexed_is_refused(store, table):
    soundfile.write(table["path"][0], np.zeros(1000), RATE)
    with pytest.raises(FeatureError, match="'u0'.*its audio has changed since the corpus was read"):
        store.ensure(table, Moments(), "moments")


def test_an_unprepared_table_is_refused(store, table):
    with pytest.raises(FeatureError, match="lacks digest. Prepare the corpus first"):
        store.ensure(table.drop(columns="digest"), Moments(), "moments")


def test_unreadable_audio_of_a_prepared_table_is_refused_by_id(store, table):
    table.loc[1, "digest"] = None
    with pytest.raises(FeatureError, match="audio of 1 utterances could not be read, first 'u1'"):
        store.ensure(table, Moments(), "moments")


# A store that cannot be written


def test_a_store_that_cannot_be_made_is_one_sentence(tmp_path, table):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FeatureError, match="cannot be written: .*SABENCH_CACHE"):
        FeatureStore(tmp_path / "file" / "store").ensure(table, Moments(), "moments")


def test_a_read_only_store_serves_what_it_has_and_refuses_the_rest(store, table):
    folder = store.ensure(table.iloc[:2], Moments(), "moments").folder
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("the superuser may write anywhere")
    try:
        assert len(store.ensure(table.iloc[:2], Moments(), "moments").view(table["digest"][:2]).stack()) == 2
        with pytest.raises(FeatureError, match="cannot be written: Permission denied"):
            store.ensure(table, Moments(), "moments")
    finally:
        folder.chmod(0o700)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(store, table, tmp_path):
    folder = store.ensure(table.iloc[:1], Moments(), "moments").folder
    before = sorted(path.name for path in folder.iterdir())
    table.to_pickle(tmp_path / "table.pkl")
    script = """
        import resource, sys
        import pandas as pd
        sys.path.insert(0, sys.argv[3])
        from tests.features.test_store import Moments
        from sabench import FeatureError
        from sabench.features.store import FeatureStore
        table = pd.read_pickle(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            FeatureStore(sys.argv[1]).ensure(table, Moments(), "moments")
        except FeatureError as error:
            print(error)
    """
    told = run_script(script, str(store.folder), str(tmp_path / "table.pkl"), str(Path(__file__).parents[2]))
    assert "cannot be written: File too large. Nothing is left half-written." in told
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_store_of_a_newer_format_is_refused_by_its_number_and_left_as_it_is(table, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "store.json").write_text('{"format": 2, "more": []}')
    with pytest.raises(FeatureError, match="a feature store of format 2; this sabench reads and writes format 1"):
        FeatureStore(tmp_path / "store").ensure(table, Moments(), "moments")
    assert [path.name for path in (tmp_path / "store").rglob("*")] == ["store.json"]


def test_a_store_says_its_format(table, tmp_path):
    FeatureStore(tmp_path / "store").ensure(table, Moments(), "moments")
    assert (tmp_path / "store" / "store.json").read_text() == '{"format":1}'
