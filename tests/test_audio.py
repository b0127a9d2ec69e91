import pickle
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from speech import write_noise

from sabench import AudioError, audio


def test_a_file_is_read_as_float32_of_shape_channels_by_samples(tmp_path):
    signal, sampling_rate = audio.read(write_noise(tmp_path / "a.wav", channels=2, sampling_rate=8000))
    assert signal.shape == (2, 800)
    assert signal.dtype == np.float32
    assert signal.flags.c_contiguous
    assert sampling_rate == 8000


def test_a_segment_holds_the_samples_of_the_whole_file_at_its_place(tmp_path):
    path = write_noise(tmp_path / "a.wav")
    whole, _ = audio.read(path)
    segment, _ = audio.read(path, 0.01, 0.03)
    assert np.array_equal(segment, whole[:, 160:480])


def test_a_segment_is_read_without_decoding_the_rest(tmp_path, monkeypatch):
    path = write_noise(tmp_path / "a.wav")
    asked = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda self, frames, **kwargs: asked.append(frames) or read(self, frames, **kwargs)
    )
    audio.read(path, 0.01, 0.02)
    assert asked == [160]


def test_an_end_that_is_not_a_number_is_the_end_of_the_file(tmp_path):
    signal, _ = audio.read(write_noise(tmp_path / "a.wav"), 0.01, float("nan"))
    assert signal.shape == (1, 640)


def test_an_end_rounded_beyond_the_file_is_cut_to_it(tmp_path):
    signal, _ = audio.read(write_noise(tmp_path / "a.wav"), 0.0, 0.1)
    assert signal.shape == (1, 800)


def test_a_segment_far_beyond_the_file_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"lasts 0.050 s, but the segment ends at 3.000 s; correct the segment"):
        audio.read(write_noise(tmp_path / "a.wav"), 0.0, 3.0)


def test_a_segment_that_starts_behind_the_file_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"has no samples between 0.060 s and 0.050 s \(it lasts 0.050 s\)"):
        audio.read(write_noise(tmp_path / "a.wav"), 0.06)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"a\.wav: is not there; restore it, or correct the label file"):
        audio.read(tmp_path / "a.wav")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(AudioError, match=r"a\.wav: is empty \(0 bytes\)"):
        audio.read(tmp_path / "a.wav")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(AudioError, match="is a folder; expected an audio file"):
        audio.read(tmp_path)


def test_text_named_wav_is_refused(tmp_path):
    (tmp_path / "a.wav").write_text("this is no audio, however long it may be, and has no header")
    with pytest.raises(AudioError, match=r"a\.wav: cannot be decoded as audio \(.*not recognised\)"):
        audio.read(tmp_path / "a.wav")


def test_a_header_without_samples_is_refused(tmp_path):
    with pytest.raises(AudioError, match="holds no audio"):
        audio.read(write_noise(tmp_path / "a.wav", n_samples=0))


def test_a_truncated_wav_is_refused_with_what_is_missing(tmp_path):
    path = write_noise(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(AudioError, match="is truncated: its header promises 1600 bytes of audio and 956 are there"):
        audio.read(path)


def test_a_truncated_wav_is_refused_even_where_the_segment_is_there(tmp_path):
    path = write_noise(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(AudioError, match="is truncated"):
        audio.read(path, 0.0, 0.01)


def test_a_truncated_flac_is_refused(tmp_path):
    path = write_noise(tmp_path / "a.flac", n_samples=16_000)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(AudioError, match="cannot be decoded|is truncated"):
        audio.read(path)


def test_a_wav_written_into_a_pipe_has_no_length_to_hold_it_to(tmp_path):
    path = write_noise(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert audio.read(path)[0].shape == (1, 800)


def test_a_header_that_counts_itself_is_forgiven(tmp_path):
    path = write_noise(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    content[40:44] = (1600 + 44).to_bytes(4, "little")
    path.write_bytes(content)
    assert audio.read(path)[0].shape == (1, 800)


def test_samples_that_are_not_numbers_are_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([0.0, np.nan], np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(AudioError, match="holds samples that are not numbers"):
        audio.read(tmp_path / "a.wav")


def test_an_error_survives_the_way_between_processes(tmp_path):
    with pytest.raises(AudioError) as caught:
        audio.read(tmp_path / "a.wav")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_digest_tells_samples_rate_and_channels_apart():
    signal = np.arange(4, dtype=np.float32).reshape(1, 4)
    different = [
        audio.signal_digest(signal, 16_000),
        audio.signal_digest(signal, 8000),
        audio.signal_digest(signal.reshape(2, 2), 16_000),
        audio.signal_digest(signal + 1, 16_000),
    ]
    assert len(set(different)) == 4
    assert audio.signal_digest(signal.copy(), 16_000) == different[0]


def test_the_digest_does_not_depend_on_memory_layout():
    signal = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert audio.signal_digest(np.asfortranarray(signal), 16_000) == audio.signal_digest(signal, 16_000)


def test_the_digest_of_a_flac_is_that_of_the_wav_with_the_same_samples(tmp_path):
    signal = np.round(np.linspace(-0.5, 0.5, 500) * 2**15) / 2**15
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, signal, 16_000, subtype="PCM_16")
    assert audio.signal_digest(*audio.read(tmp_path / "a.wav")) == audio.signal_digest(*audio.read(tmp_path / "a.flac"))


def test_resampling_keeps_a_tone_at_its_place():
    time_s = np.arange(48_000) / 48_000
    tone = np.sin(2 * np.pi * 440 * time_s, dtype=np.float32)[None]
    resampled = audio.at(tone, 48_000)
    assert resampled.shape == (1, 16_000)
    assert resampled.dtype == np.float32
    assert np.abs(np.fft.rfft(resampled[0])).argmax() == 440


def test_resampling_leaves_no_mirror_of_what_lies_above_half_the_rate():
    time_s = np.arange(48_000) / 48_000
    tone = np.sin(2 * np.pi * 11_000 * time_s, dtype=np.float32)[None]
    assert np.abs(audio.at(tone, 48_000)[:, 100:-100]).max() < 0.01


def level_db(signal):
    """Return the level in dB below a sine of amplitude 1, without the edges, where a tone begins and ends."""
    return 10 * np.log10(2 * np.square(signal[:, 500:-500], dtype=np.float64).mean() + 1e-30)


@pytest.mark.parametrize("sampling_rate", [24_000, 44_100, 48_000])
def test_resampling_lets_nothing_through_from_above_half_the_rate(sampling_rate):
    time_s = np.arange(2 * sampling_rate) / sampling_rate
    for frequency_hz, most_db in ((8_050, -75), (8_250, -115), (10_000, -120)):
        tone = np.sin(2 * np.pi * frequency_hz * time_s)[None].astype(np.float32)
        assert level_db(audio.at(tone, sampling_rate)) < most_db
    kept = np.sin(2 * np.pi * 7_000 * time_s)[None].astype(np.float32)
    assert level_db(audio.at(kept, sampling_rate)) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("sampling_rate", [8_000, 24_000, 44_100, 48_000])
def test_resampling_is_that_of_torchaudio_with_its_kaiser_window(sampling_rate):
    torchaudio = pytest.importorskip("torchaudio")
    import torch

    noise = np.random.default_rng(0).standard_normal((1, sampling_rate)).astype(np.float32)
    expected = torchaudio.functional.resample(
        torch.from_numpy(noise),
        sampling_rate,
        16_000,
        lowpass_filter_width=64,
        rolloff=0.9475937167399596,
        resampling_method="sinc_interp_kaiser",
        beta=14.769656459379492,
    ).numpy()
    difference = audio.at(noise, sampling_rate) - expected
    assert level_db(difference) < level_db(expected) - 65


def test_nothing_heavy_is_loaded_where_the_rate_is_right():
    code = (
        "import sys, numpy as np; from sabench import audio; audio.at(np.zeros((2, 9), np.float32), 16000);"
        "sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
