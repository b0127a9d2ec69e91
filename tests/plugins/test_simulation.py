import json
import signal
import subprocess
import sys
import time
import wave
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from sabench import DatasetError
from sabench_plugins.datasets.aibo import Aibo
from sabench_plugins.datasets.iemocap import Iemocap
from sabench_plugins.simulation import aibo, emotion, iemocap, shaping, studio
from sabench_plugins.simulation.counts import share, table
from sabench_plugins.simulation.emotion import Manner
from sabench_plugins.simulation.speaker import draw, stream
from sabench_plugins.simulation.twin import MARKER, Line, TwinRecipe, folder

SCALES = (1.0, 0.31, 0.15, 0.05, 0.02, 0.005, 0.0001)
TINY = 0.001
OHM, MONT = aibo.SCHOOLS


def five(allocation):
    """Counts of A, E, N, P, R by speaker, the two kinds of R together."""
    return np.column_stack([allocation.counts[:, :4], allocation.counts[:, 4:].sum(axis=1)])


def in_validation(school):
    return np.array([speaker in ("Ohm_31", "Ohm_32") for speaker in school.speakers])


def wavs(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.wav"))}


def recipe(**changes) -> TwinRecipe:
    return replace(TwinRecipe("aibo", 1.0, 0, 1.0, ""), **changes)


@pytest.fixture(scope="module")
def iemocap_twin(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("twins") / "iemocap"
    iemocap.simulate(root, scale=TINY, seed=0, jobs=2)
    return root


@pytest.fixture(scope="module")
def aibo_twin(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("twins") / "aibo"
    aibo.simulate(root, scale=TINY, seed=0, jobs=2)
    return root


# Counts


@pytest.mark.parametrize(
    ("school", "counts", "negative"),
    [(OHM, [881, 2093, 5590, 674, 721], 3358), (MONT, [611, 1508, 5377, 215, 546], 2465)],
)
def test_a_full_aibo_has_the_class_counts_of_both_label_files(school, counts, negative):
    allocation = aibo.allocate(school)
    assert five(allocation).sum(axis=0).tolist() == counts
    assert sum(allocation.per_class[key] for key in ("A", "E", "R-NEG")) == negative


def test_aibo_has_26_and_25_speakers_who_are_named_apart():
    assert (len(OHM.speakers), len(MONT.speakers)) == (26, 25)
    assert len({*OHM.speakers, *MONT.speakers}) == 51
    assert "Ohm_09" not in OHM.speakers


def test_mont_03_has_one_class_and_nine_other_speakers_of_a_full_aibo_lack_one():
    lacking = {
        speaker: int((row == 0).sum())
        for school in aibo.SCHOOLS
        for speaker, row in zip(school.speakers, five(aibo.allocate(school)), strict=True)
        if (row == 0).any()
    }
    assert lacking.pop("Mont_03") == 4
    assert list(lacking.values()) == [1] * 9


def test_a_full_iemocap_has_the_counts_per_class_and_per_speaker():
    allocation = iemocap.allocate()
    assert allocation.per_class == {"ang": 1103, "hap": 595, "exc": 1041, "neu": 1708, "sad": 1084}
    assert dict(zip(allocation.speakers, allocation.counts.sum(axis=1).tolist(), strict=True)) == {
        "Ses01F": 528,
        "Ses01M": 557,
        "Ses02F": 481,
        "Ses02M": 542,
        "Ses03F": 522,
        "Ses03M": 629,
        "Ses04F": 528,
        "Ses04M": 503,
        "Ses05F": 590,
        "Ses05M": 651,
    }


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("school", aibo.SCHOOLS)
def test_every_scale_keeps_every_class_in_every_partition_of_aibo(school, scale):
    counts, validation = five(aibo.allocate(school, scale)), in_validation(school)
    for partition in (validation, ~validation):
        assert not partition.any() or counts[partition].sum(axis=0).all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("school", aibo.SCHOOLS)
def test_every_scale_lets_every_speaker_of_aibo_enrol(school, scale):
    neutral = five(aibo.allocate(school, scale))[:, 2]
    assert neutral.min() >= (2 if scale >= 0.02 else 1)


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_keeps_every_class_of_every_speaker_of_iemocap(scale):
    allocation = iemocap.allocate(scale)
    assert allocation.counts.min() >= 1
    assert min(allocation.of(speaker)["neu"] for speaker in allocation.speakers) >= 2


def test_a_smaller_scale_stays_within_one_utterance_of_the_class_proportions():
    counts = five(aibo.allocate(OHM, 0.05)).sum(axis=0)
    assert np.abs(counts - 0.05 * np.array(OHM.counts)).max() < 1


def test_a_table_of_counts_is_nearest_to_the_proportional_one():
    rows, columns = np.array([10, 20, 31]), np.array([7, 54])
    counts = table(rows, columns, np.zeros((3, 2), dtype=int))
    assert (counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()) == ([10, 20, 31], [7, 54])
    assert np.abs(counts - np.outer(rows, columns) / 61).max() < 1


def test_a_table_that_cannot_be_says_its_sums():
    with pytest.raises(DatasetError, match=r"row sums \[1, 1\] and column sums \[2, 0\].*larger scale"):
        table(np.array([1, 1]), np.array([2, 0]), np.array([[0, 1], [0, 0]]))


def test_minima_take_from_the_parts_that_have_more():
    assert share(10, [98, 1, 1], [0, 2, 2]).tolist() == [6, 2, 2]


@pytest.mark.parametrize("scale", [0, -0.1, 1.5])
def test_a_scale_out_of_range_is_refused(tmp_path, scale):
    with pytest.raises(DatasetError, match="above 0 and at most 1"):
        iemocap.simulate(tmp_path / "twin", scale=scale)


def test_equal_classes_can_be_asked_for():
    assert five(aibo.allocate_evenly(MONT, 50)).tolist() == [[10] * 5] * 25


# Speakers and deliveries


@pytest.mark.parametrize("population", [aibo.CAST.population, iemocap.CAST.population])
def test_without_speaker_effect_all_speakers_are_one(population):
    people = {draw(population, name, seed=3, speaker_effect=0.0, group=name[-1]) for name in ("1F", "2M", "3F", "4M")}
    assert len(people) == 1


@pytest.mark.parametrize("population", [aibo.CAST.population, iemocap.CAST.population])
def test_speakers_of_one_gender_differ_in_pitch_as_in_real_corpora(population):
    """About 2 semitones in EmoDB and RAVDESS, 8 to 10 between women and men."""
    pitch = [draw(population, f"{i}", seed=3, speaker_effect=1.0, group="F").baseline.pitch_st for i in range(500)]
    assert np.std(pitch) == pytest.approx(2.0, abs=0.2)


def test_neutral_speech_of_one_speaker_varies_in_pitch_as_in_real_corpora():
    rng = np.random.default_rng(0)
    said = [emotion.deliver(Manner(), Manner(), 1.0, rng).pitch_st for _ in range(2000)]
    assert 0.7 < np.std(said) < 1.3  # EmoDB 1.3, RAVDESS 0.7


def test_the_spectrum_of_one_speaker_varies_from_utterance_to_utterance():
    made = aibo.CAST.session(recipe(), "Ohm_01", [Line(f"{i}.wav", "N") for i in range(500)])
    assert np.std([take.colour_db for take in made.takes], axis=0) == pytest.approx(emotion.COLOUR_DB, rel=0.1)


@pytest.mark.parametrize("population", [aibo.CAST.population, iemocap.CAST.population])
def test_with_speaker_effect_no_two_speakers_are_alike(population):
    people = [draw(population, f"{i}", seed=3, speaker_effect=1.0) for i in range(30)]
    assert len({person.baseline for person in people}) == 30
    assert len({person.tract for person in people}) == 30
    assert len({person.channel_db for person in people}) == 30
    assert {person.voice for person in people} == {population.voice}


def test_the_same_seed_gives_the_same_people_more_or_less_alike():
    same, half, full = (draw(aibo.CAST.population, "Ohm_01", seed=5, speaker_effect=x) for x in (0.0, 0.5, 1.0))
    deviation = full.baseline.pitch_st - same.baseline.pitch_st
    assert deviation != 0
    assert half.baseline.pitch_st - same.baseline.pitch_st == pytest.approx(deviation / 2)


def test_women_and_men_of_iemocap_differ_with_the_effect():
    person = {x: draw(iemocap.CAST.population, "Ses01", seed=0, speaker_effect=1.0, group=x) for x in "FM"}
    assert person["F"].baseline.pitch_st == pytest.approx(person["M"].baseline.pitch_st + 9)
    assert person["F"].tract > 1.1 * person["M"].tract


@pytest.mark.parametrize(("school", "boys", "girls"), [(OHM, 13, 13), (MONT, 8, 17)])
def test_aibo_has_as_many_girls_and_boys_as_the_corpus(school, boys, girls):
    assert Counter(school.gender(speaker) for speaker in school.speakers) == {"M": boys, "F": girls}


def test_one_girl_and_one_boy_validate():
    assert {OHM.gender("Ohm_31"), OHM.gender("Ohm_32")} == {"F", "M"}


def test_an_emotion_deviates_from_the_speakers_own_baseline():
    own, rng = Manner(pitch_st=4.0), np.random.default_rng(0)
    said = [emotion.deliver(emotion.AIBO["A"], own, 1.0, rng).pitch_st for _ in range(400)]
    expected = 4.0 + emotion.AIBO["A"].pitch_st * np.mean(emotion.INTENSITY)
    assert np.mean(said) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("effect", [-1.0, 11.0, float("nan")])
def test_a_speaker_effect_out_of_range_is_refused(effect):
    with pytest.raises(DatasetError, match="expected a number from 0 to 10"):
        recipe(speaker_effect=effect)


def test_a_negative_seed_is_refused():
    with pytest.raises(DatasetError, match="expected a whole number, zero or more"):
        recipe(seed=-1)


@pytest.mark.parametrize("population", [aibo.CAST.population, iemocap.CAST.population])
def test_no_voice_is_breathy_since_their_noise_follows_the_clock(population):
    import espeakng_loader

    variant = population.voice.partition("+")[2]
    path = Path(espeakng_loader.get_data_path(), "voices", "!v", variant)
    assert not [line for line in path.read_text().splitlines() if line.startswith(("breath", "klatt"))]


# From signal to recording


def tone(hz: float, duration_s: float = 1.0, sampling_rate: int = 22050) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(duration_s * sampling_rate)) / sampling_rate)


def shaped(dry: np.ndarray, **changes) -> np.ndarray:
    arguments = {"tract": 1.0, "tilt_db": 0.0, "channel_db": (), "loudness_db": 0.0, "rng": np.random.default_rng(0)}
    return shaping.record(dry, 22050, **{**arguments, **changes}) / 32768


def strongest_hz(recording: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(recording)).argmax() * shaping.SAMPLING_RATE / len(recording))


@pytest.mark.parametrize("tract", [0.9, 1.0, 1.2])
def test_the_vocal_tract_moves_all_frequencies_and_the_tempo(tract):
    recording = shaped(tone(500.0), tract=tract)
    assert strongest_hz(recording) == pytest.approx(500.0 * tract, rel=0.01)
    assert len(recording) / shaping.SAMPLING_RATE == pytest.approx(1 / tract + 2 * shaping.MARGIN_S, abs=0.01)


def test_the_tilt_is_in_decibel_per_octave():
    both = tone(500.0) + tone(2000.0)
    spectrum = np.abs(np.fft.rfft(shaped(both, tilt_db=3.0)[2000:14000]))
    low, high = (spectrum[round(hz * 12000 / 16000)] for hz in (500, 2000))
    assert 20 * np.log10(high / low) == pytest.approx(6.0, abs=0.3)


def test_loudness_is_a_level_in_decibel():
    soft, loud = (np.std(shaped(tone(300.0), loudness_db=x)[2000:14000]) for x in (-3.0, 3.0))
    assert 20 * np.log10(loud / soft) == pytest.approx(6.0, abs=0.1)


def test_a_recording_never_clips():
    assert np.abs(shaped(tone(300.0), loudness_db=60.0)).max() < 0.995


def test_silence_stays_finite():
    assert np.abs(shaped(np.zeros(22050))).max() < 0.01


# Processes


def session(name: str, voice: str = "de+f1", *, pitch_st: float = 0.0, seed: int = 0) -> studio.Session:
    speaker = replace(draw(aibo.CAST.population, name, seed=0, speaker_effect=0.0), voice=voice)
    said = replace(speaker.baseline, pitch_st=pitch_st)
    takes = tuple(studio.Take(f"{name}_{i}.wav", text, said, (0.0,) * 4) for i, text in enumerate(aibo.CAST.texts[:2]))
    return studio.Session(name, speaker, seed, takes)


def recorded(root: Path, *sessions: studio.Session, jobs: int = 1) -> dict[str, bytes]:
    root.mkdir()
    studio.record(root, sessions, jobs=jobs, progress=None)
    return wavs(root)


def test_every_voice_gives_the_same_bytes_again(tmp_path):
    voices = [aibo.CAST.population.voice, iemocap.CAST.population.voice, "de+f1", "en-us+m7"]
    sessions = [session(f"speaker{i}", voice) for i, voice in enumerate(voices)]
    first = recorded(tmp_path / "first", *sessions, jobs=2)
    assert first == recorded(tmp_path / "second", *reversed(sessions), jobs=3)
    assert len(set(first.values())) == 2 * len(voices)


def pitch_hz(path: Path) -> float:
    with wave.open(str(path)) as file:
        signal = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    frames = np.lib.stride_tricks.sliding_window_view(signal, 960)[::480]
    loud = frames[np.argsort((frames**2).sum(axis=1))[len(frames) // 2 :]]
    spectra = np.abs(np.fft.rfft(loud, 4096)) ** 2
    lags = np.fft.irfft(spectra)[:, 40:130].argmax(axis=1) + 40
    return float(np.median(16000 / lags))


def test_pitch_moves_by_the_semitones_asked_for(tmp_path):
    voice = aibo.CAST.population.voice
    recorded(tmp_path / "wav", session("low", voice, pitch_st=-2.0), session("high", voice, pitch_st=4.0))
    low, high = (
        np.median([pitch_hz(tmp_path / "wav" / f"{name}_{i}.wav") for i in (0, 1)]) for name in ("low", "high")
    )
    assert 12 * np.log2(high / low) == pytest.approx(6.0, abs=0.5)


@pytest.mark.parametrize("cast", [aibo.CAST, iemocap.CAST])
def test_the_mean_pitch_is_the_one_asked_for(tmp_path, cast):
    lines = [Line(f"{i}.wav", next(iter(cast.emotions))) for i in range(3)]
    flat = replace(cast, emotions=dict.fromkeys(cast.emotions, Manner()))
    made = flat.session(recipe(speaker_effect=0.0), "somebody", lines)
    recorded(tmp_path / "wav", made)
    asked = [cast.population.pitch_hz * 2 ** (take.delivery.pitch_st / 12) for take in made.takes]
    heard = [pitch_hz(tmp_path / "wav" / take.path) for take in made.takes]
    assert np.abs(12 * np.log2(np.divide(heard, asked))).max() < 1.5


def test_a_voice_that_fails_is_told_with_its_speaker_and_reason(tmp_path):
    with pytest.raises(DatasetError, match=r"simulated voice of Ohm_99 ended with status 1.*no voice 'nosuch'"):
        studio.record(tmp_path, [session("Ohm_98"), session("Ohm_99", "nosuch")], jobs=2, progress=None)


def test_progress_counts_every_utterance(tmp_path):
    seen: list[tuple[int, int]] = []
    studio.record(tmp_path, [session("a"), session("b")], jobs=2, progress=lambda *at: seen.append(at))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_failing_progress_ends_the_voices(tmp_path):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        studio.record(tmp_path, [session("a"), session("b")], jobs=2, progress=stop)
    assert not [child for child in psutil.Process().children() if "booth" in " ".join(child.cmdline())]


def test_the_voices_of_a_script_without_main_guard_end_when_it_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from sabench_plugins.simulation import iemocap\n"
        "iemocap.simulate(Path('twin'), scale=1.0, jobs=2)\n"
    )
    parent = psutil.Popen([sys.executable, str(script)], cwd=tmp_path, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".twin*/**/*.wav")):
        assert parent.poll() is None, parent.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    voices = parent.children(recursive=True)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stderr.close()
    assert len(voices) == 2
    assert psutil.wait_procs(voices, timeout=10)[1] == []
    assert not (tmp_path / "twin").exists()


# Folders


def test_a_twin_appears_complete_or_not_at_all(tmp_path):
    def fill() -> None:
        with folder(tmp_path / "twin", recipe()) as unfinished:
            (unfinished / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "recordings.wav").touch()
    with pytest.raises(DatasetError, match="there already and not empty; name a new folder"):
        aibo.simulate(tmp_path, scale=TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["recordings.wav"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="cannot be written.*Name a folder that you may write to"):
        aibo.simulate(tmp_path / "file" / "twin", scale=TINY)


# Twins, read by the readers of the real corpora


def test_the_marker_says_what_the_twin_follows_from(iemocap_twin):
    marker = json.loads((iemocap_twin / MARKER).read_text())
    assert {key: marker[key] for key in ("dataset", "scale", "seed", "speaker_effect")} == {
        "dataset": "iemocap",
        "scale": TINY,
        "seed": 0,
        "speaker_effect": 1.0,
    }
    assert "60 utterances of the tasks where the scale asks for 5.5" in marker["rounding"]
    assert marker["version"] == Iemocap.simulation_version


def test_a_twin_is_the_same_by_bytes_whatever_the_jobs(iemocap_twin, tmp_path):
    iemocap.simulate(tmp_path / "twin", scale=TINY, seed=0, jobs=3)
    for path in iemocap_twin.rglob("*"):
        other = tmp_path / "twin" / path.relative_to(iemocap_twin)
        assert path.is_dir() or path.read_bytes() == other.read_bytes()
    assert len(list(iemocap_twin.rglob("*"))) == len(list((tmp_path / "twin").rglob("*")))


def test_another_seed_gives_other_speech(iemocap_twin, tmp_path):
    iemocap.simulate(tmp_path / "twin", scale=TINY, seed=1, jobs=2)
    assert not set(wavs(iemocap_twin).values()) & set(wavs(tmp_path / "twin").values())


@pytest.mark.parametrize("task", ["2class", "5class"])
def test_the_reader_of_aibo_reads_its_twin_without_a_fault(aibo_twin, task):
    corpus = Aibo().load(aibo_twin, task)
    assert corpus.faults == ()
    assert corpus.simulated
    assert corpus.table["speaker"].nunique() == 51
    assert len(corpus.table) == len(wavs(aibo_twin))


def test_the_labels_of_an_aibo_twin_are_those_allocated(aibo_twin):
    labels = Counter(Aibo().load(aibo_twin, "5class").table["label"])
    expected = sum(five(aibo.allocate(school, TINY)).sum(axis=0) for school in aibo.SCHOOLS)
    assert [labels[name] for name in "AENPR"] == expected.tolist()


def test_angry_and_emphatic_are_negative_and_neutral_and_positive_are_idle(aibo_twin):
    two, five_ = (Aibo().load(aibo_twin, task).table["label"] for task in ("2class", "5class"))
    assert {(a, b) for a, b in zip(five_, two, strict=True) if a != "R"} == {
        ("A", "NEG"),
        ("E", "NEG"),
        ("N", "IDL"),
        ("P", "IDL"),
    }


@pytest.mark.parametrize("task", ["4class", "4class-exc"])
def test_the_reader_of_iemocap_reads_its_twin_without_a_fault(iemocap_twin, task):
    corpus = Iemocap().load(iemocap_twin, task)
    assert corpus.faults == ()
    assert corpus.simulated
    assert Counter(corpus.table["label"])["hap"] == (10 if task == "4class" else 20)
    assert corpus.table.groupby("speaker")["neutral"].sum().min() >= 2


def test_an_iemocap_twin_has_what_readers_stumble_over(iemocap_twin):
    labels = iemocap_twin / "Session1" / "dialog" / "EmoEvaluation"
    text = "".join(path.read_text() for path in labels.glob("Ses*.txt"))
    assert text.startswith("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n")
    assert "\tfru\t" in text
    assert "\txxx\t" in text
    assert "\nC-E2:\t" in text
    assert {path.name for path in labels.iterdir()} >= {"Categorical", "._Ses01F_impro01.txt"}


def test_the_letter_of_a_dialog_is_not_its_speakers(iemocap_twin):
    ids = Iemocap().load(iemocap_twin, "4class").table["id"]
    assert {name[5] + name.split("_")[-1][0] for name in ids} >= {"FF", "FM"}


def test_every_recording_is_16_khz_16_bit_mono(aibo_twin, iemocap_twin):
    for path in [*aibo_twin.rglob("*.wav"), *iemocap_twin.rglob("*.wav")]:
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16000, 2, 1)
            assert 0.5 < file.getnframes() / 16000 < 8


def test_no_two_recordings_are_the_same(tmp_path):
    cast, same = replace(aibo.CAST, texts=("Aibo, geh nach links.",)), recipe(speaker_effect=0.0)
    lines = [f"{i}.wav" for i in range(4)]
    sessions = [
        cast.session(same, name, [Line(f"{name}{line}", "N") for line in lines]) for name in ("Ohm_01", "Ohm_02")
    ]
    assert len(set(recorded(tmp_path / "wav", *sessions).values())) == 8


def test_random_streams_depend_on_seed_and_name_alone():
    values = {float(stream(seed, name).random()) for seed in (0, 1) for name in ("Ohm_01", "Mont_01")}
    assert len(values) == 4
    assert stream(0, "Ohm_01").random() == stream(0, "Ohm_01").random()
