import subprocess
import sys
import warnings

import numpy as np
import opensmile
import pytest

from sabench import FeatureError
from sabench_plugins.features import _opensmile, _spectra
from sabench_plugins.features.egemaps import EGeMAPS
from sabench_plugins.features.is09 import IS09
from sabench_plugins.features.logmel import LogMel
from sabench_plugins.features.logspec import LogSpec

RATE = 16_000
FUNCTIONALS = [(EGeMAPS, "eGeMAPSv02", 88, 960), (IS09, "IS09", 384, 400)]
EXTRACTORS = [EGeMAPS, IS09, LogSpec, LogMel]


def voice(n_samples: int, f0_hz: float = 120.0, seed: int = 0) -> np.ndarray:
    """Return something with a pitch, syllables and noise, in 16 bit steps as a file has them."""
    t = np.arange(n_samples) / RATE
    tone = sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in range(1, 8))
    signal = 0.2 * tone * np.sin(2 * np.pi * 3 * t) + 0.01 * np.random.default_rng(seed).standard_normal(n_samples)
    return (np.round(signal * 32767) / 32768).astype(np.float32)[None]


def by_opensmile(feature_set: str, signal: np.ndarray) -> np.ndarray:
    smile = opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals)
    return smile.process_signal(signal, RATE).to_numpy()[0]


@pytest.mark.parametrize(("extractor", "feature_set", "width", "shortest"), FUNCTIONALS)
def test_functionals_are_those_of_opensmile_whatever_was_computed_before(extractor, feature_set, width, shortest):
    signals = [voice(n, f0, n) for n, f0 in ((9000, 110.0), (24000, 220.0), (5000, 160.0), (24000, 220.0))]
    for signal in [*signals, np.zeros((1, 8000), np.float32), voice(shortest)]:
        ours = extractor().extract(signal, RATE)
        assert ours.dtype == np.float32
        assert ours.shape == (width,)
        assert np.array_equal(ours, by_opensmile(feature_set, signal))


@pytest.mark.parametrize(("extractor", "feature_set", "width", "shortest"), FUNCTIONALS)
def test_signals_shorter_than_a_frame_are_padded_to_one(extractor, feature_set, width, shortest):
    signal = voice(shortest - 1)
    padded = np.pad(signal, ((0, 0), (0, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # opensmile warns that it fills with NaN
        assert np.isnan(by_opensmile(feature_set, signal)).all()
    assert np.array_equal(extractor().extract(signal, RATE), by_opensmile(feature_set, padded))
    assert np.isfinite(extractor().extract(signal[:, :1], RATE)).all()


def test_functionals_need_nothing_of_what_the_package_of_opensmile_imports():
    script = (
        "import sys, numpy as np; from sabench_plugins.features.egemaps import EGeMAPS;"
        "print(EGeMAPS().extract(np.zeros((1, 16000), np.float32), 16000).shape);"
        "print({'opensmile', 'audinterface', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["(88,)", "set()"]


def test_full_scale_is_clipped_where_16_bit_would_wrap_around():
    assert _opensmile.as_int16(np.array([[1.0, -1.0, 2.0, 0.5]], np.float32)).tolist() == [32767, -32768, 32767, 16384]


def test_functionals_follow_the_sampling_rate():
    at_8k = EGeMAPS().extract(voice(16000)[:, ::2], 8000)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    assert np.array_equal(at_8k, smile.process_signal(voice(16000)[:, ::2], 8000).to_numpy()[0])


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_an_empty_signal_is_refused(extractor):
    with pytest.raises(FeatureError, match="the signal is empty; features need at least one sample"):
        extractor().extract(np.zeros((1, 0), np.float32), RATE)


@pytest.mark.parametrize("extractor", EXTRACTORS)
@pytest.mark.parametrize("n_samples", [1, 399, 16000])
def test_silence_gives_finite_values(extractor, n_samples):
    features = extractor().extract(np.zeros((1, n_samples), np.float32), RATE)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_channels_are_mixed_down(extractor):
    mono = voice(8000)
    stereo = np.concatenate([mono * 1.5, mono * 0.5])
    assert np.allclose(extractor().extract(stereo, RATE), extractor().extract(mono, RATE), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_the_signal_is_left_as_it_was(extractor):
    signal = voice(8000)
    signal.flags.writeable = False
    extractor().extract(signal, RATE)
    assert np.array_equal(signal, voice(8000))


def test_logspec_is_the_logarithm_of_a_discrete_fourier_transform():
    signal = voice(1000)
    x = signal[0] / (np.abs(signal[0]).max() + 1e-6)
    n = np.arange(400)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / 400)
    transform = np.exp(-2j * np.pi * np.outer(np.arange(201), n) / 400)
    frames = [x[start : start + 400] * hann for start in (0, 160, 320, 480)]
    expected = [np.log(np.abs(transform @ frame) + 1e-5) for frame in frames]
    assert np.allclose(LogSpec().extract(signal, RATE), expected, atol=1e-4)


def test_logspec_does_not_depend_on_loudness():
    assert np.allclose(LogSpec().extract(voice(8000) / 4, RATE), LogSpec().extract(voice(8000), RATE), atol=0.01)


def test_logspec_of_silence_is_the_logarithm_of_the_floor():
    assert np.allclose(LogSpec(floor=1e-3).extract(np.zeros((1, 500), np.float32), RATE), np.log(1e-3))


@pytest.mark.parametrize(("n_samples", "n_frames"), [(1, 1), (400, 1), (559, 1), (560, 2), (32000, 198)])
def test_frames_lie_within_the_signal(n_samples, n_frames):
    assert LogSpec().extract(voice(n_samples), RATE).shape == (n_frames, 201)
    assert LogMel().extract(voice(n_samples), RATE).shape == (n_frames, 40)


def test_frames_follow_the_parameters():
    assert LogSpec(frame_s=0.050, hop_s=0.020).extract(voice(16000), RATE).shape == (1 + (16000 - 800) // 320, 401)


@pytest.mark.parametrize("extractor", [EGeMAPS(), IS09(), LogSpec(), LogSpec(frame_s=0.05), LogMel(n_bands=20)])
@pytest.mark.parametrize("n_samples", [100, 560, 8000, 24001])
def test_the_shape_told_beforehand_is_that_of_the_features(extractor, n_samples):
    assert extractor.extract(voice(n_samples), RATE).shape == extractor.expected_shape(n_samples / RATE)


def test_an_unknown_window_is_refused():
    with pytest.raises(FeatureError, match="Window 'hat' is not known; expected one of hann, hamming, rectangular"):
        LogSpec(window="hat").extract(voice(500), RATE)


def test_a_tone_stands_in_the_mel_band_of_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * np.arange(4000) / RATE).astype(np.float32)[None]
    band = LogMel().extract(tone, RATE).mean(axis=0).argmax()
    centres = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42) / 2595) - 1)[1:-1]
    assert abs(centres[band] - 1000) < 60


def test_mel_bands_too_narrow_for_a_spectral_line_are_refused():
    with pytest.raises(FeatureError, match="128 mel bands from 0 to 8000 Hz leave .* without a spectral line"):
        LogMel(n_bands=128).extract(voice(500), RATE)


@pytest.mark.parametrize(("window", "constant"), [("hann", 0.5), ("hamming", 0.54), ("rectangular", 1.0)])
def test_spectra_equal_those_of_numpys_transform(window, constant):
    """What version 1 computed, to 5e-7 of the largest magnitude; over several blocks of frames."""
    signal = _spectra.peak_normalised(voice(2 * _spectra.BLOCK * 160 + 3000))
    taper = constant - (1 - constant) * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.lib.stride_tricks.sliding_window_view(signal, 400)[::160]
    expected = np.abs(np.fft.rfft(frames * taper, axis=1))
    ours = _spectra.magnitudes(signal, frame=400, hop=160, window=window)
    assert np.abs(ours - expected).max() < 5e-7 * expected.max()


def test_mel_filters_equal_those_of_htks_formula():
    """What version 1 computed, to 1e-5."""
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42) / 2595) - 1)
    lines = np.linspace(0, 8000, 201)
    expected = np.stack([np.interp(lines, edges[i : i + 3], [0, 1, 0]) for i in range(40)], axis=1)
    assert np.allclose(_spectra.mel_filters(201, 40, 0.0, 8000.0, RATE), expected, atol=1e-5)


def test_extractors_are_offered_under_their_names_and_say_the_licence():
    for extractor in EXTRACTORS:
        module = sys.modules[extractor.__module__]
        assert module.sabench_features() == {extractor.name: extractor}
    assert all("licensed for research" in extractor.title for extractor in (EGeMAPS, IS09))


def test_registration_imports_no_heavy_library():
    modules = ", ".join(extractor.__module__ for extractor in EXTRACTORS)
    script = f"import sys, {modules}; print({{'torch', 'scipy', 'opensmile', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
