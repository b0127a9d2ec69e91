import numpy as np
import pytest
import soundfile

import sabench
from sabench import AudioError


def test_extractors_are_handed_mono_at_16_khz(tmp_path):
    stereo = np.stack([np.full(4800, 0.25), np.full(4800, 0.75)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 48_000)
    signal, sampling_rate = sabench.load_signal(tmp_path / "a.wav")
    assert (signal.shape, signal.dtype, sampling_rate) == ((1, 1600), np.float32, 16_000)
    assert signal[0, 400:1200] == pytest.approx(0.5, abs=1e-3)


def test_a_segment_is_heard_alone(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.arange(16) / 16, 16_000)
    signal, _ = sabench.load_signal(tmp_path / "a.wav", 4 / 16_000, 6 / 16_000)
    assert signal.tolist() == [[0.25, 0.3125]]


def test_audio_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"a.wav: is not there"):
        sabench.load_signal(tmp_path / "a.wav")


def test_the_digest_follows_samples_and_sampling_rate():
    signal = np.float32([[0.0, 0.5]])
    assert sabench.signal_digest(signal, 16_000) == sabench.signal_digest(signal.copy(), 16_000)
    assert sabench.signal_digest(signal, 16_000) != sabench.signal_digest(signal, 8_000)
    assert sabench.signal_digest(signal, 16_000) != sabench.signal_digest(signal / 2, 16_000)
