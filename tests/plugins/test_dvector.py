"""The speaker encoder. Its weights come with Resemblyzer: pip install --no-deps resemblyzer==0.1.4"""

import subprocess
import sys

import numpy as np
import pytest

from sabench import FeatureError, load_signal
from sabench.registry.registry import Registry
from sabench_plugins.features import _ge2e

RATE = 16_000
pytestmark = pytest.mark.skipif(_ge2e.weights_file() is None, reason=f"the weights are missing: {_ge2e.INSTALL}")


@pytest.fixture(scope="module")
def dvector():
    return Registry().create("features", "dvector")


def tone(f0_hz, n_samples=40_000):
    t = np.arange(n_samples) / RATE
    harmonics = sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in range(1, 8))
    return (0.2 * harmonics * np.sin(2 * np.pi * 3 * t)).astype(np.float32)[None]


# Printed by Resemblyzer 0.1.4 itself, with librosa 0.11: VoiceEncoder("cpu").embed_utterance(tone(f0_hz)[0])
RESEMBLYZER = [
    (120.0, 97, {224: 0.25299, 146: 0.24448, 246: 0.23922, 187: 0.21822, 184: 0.2092, 207: 0.19181}),
    (220.0, 89, {49: 0.3268, 178: 0.21161, 243: 0.21073, 212: 0.20541, 235: 0.19956, 127: 0.19549}),
]


@pytest.mark.parametrize(("f0_hz", "n_positive", "largest"), RESEMBLYZER)
def test_embeddings_are_those_that_resemblyzer_prints(dvector, f0_hz, n_positive, largest):
    embedding = dvector.extract(tone(f0_hz), RATE)
    assert embedding[list(largest)] == pytest.approx(list(largest.values()), abs=2e-5)
    assert np.count_nonzero(embedding) == n_positive
    assert np.argsort(-embedding)[:6].tolist() == list(largest)


def test_embeddings_of_recordings_are_those_of_resemblyzers_own_code(dvector, recordings):
    pytest.importorskip("librosa", reason="Resemblyzer's own code needs librosa")
    pytest.importorskip("webrtcvad", reason="Resemblyzer's own code needs webrtcvad")
    resemblyzer = pytest.importorskip("resemblyzer")
    encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)
    for name in ("03a01Fa", "08a01Na", "16b10Wb"):
        signal, rate = load_signal(recordings / "emodb" / "wav" / f"{name}.wav")
        louder = resemblyzer.normalize_volume(signal[0], -30, increase_only=True)
        assert np.allclose(dvector.extract(signal, rate), encoder.embed_utterance(louder), atol=1e-5)


def test_an_embedding_is_positive_and_has_length_one(dvector):
    embedding = dvector.extract(tone(150.0), RATE)
    assert embedding.shape == (256,)
    assert embedding.dtype == np.float32
    assert (embedding >= 0).all()
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


def test_a_soft_voice_is_made_louder(dvector):
    assert np.allclose(dvector.extract(tone(150.0) / 300, RATE), dvector.extract(tone(150.0) / 400, RATE), atol=1e-4)
    assert not np.allclose(dvector.extract(tone(150.0), RATE), dvector.extract(tone(150.0) / 4, RATE), atol=1e-3)


def test_the_same_speaker_is_nearer_than_another(dvector, recordings):
    """Five utterances of each of ten speakers, each held against the mean of its own speaker and of all others."""
    files = sorted((recordings / "emodb" / "wav").glob("*.wav"))
    speakers = sorted({file.name[:2] for file in files})
    chosen = [file for speaker in speakers for file in [f for f in files if f.name[:2] == speaker][::9][:5]]
    embeddings = np.stack([dvector.extract(*load_signal(file)) for file in chosen])
    speaker = np.array([file.name[:2] for file in chosen])
    likeness, itself = embeddings @ embeddings.T, np.eye(len(chosen), dtype=bool)
    same = (speaker[:, None] == speaker) & ~itself
    other = speaker[:, None] != speaker
    to_same = (likeness * same).sum(axis=1) / same.sum(axis=1)
    to_other = (likeness * other).sum(axis=1) / other.sum(axis=1)
    assert (to_same > to_other).mean() > 0.9
    assert to_same.mean() > to_other.mean() + 0.05


def test_pieces_are_cut_as_resemblyzer_does():
    """The last is left out where less than three quarters of it are speech."""
    assert _ge2e.piece_starts(16_000) == [0]
    assert _ge2e.piece_starts(int(2.37 * RATE)) == [0, 77]
    assert _ge2e.piece_starts(int(1.9 * RATE)) == [0]


def test_another_rate_is_refused(dvector):
    with pytest.raises(FeatureError, match=r"the signal has 8000 Hz; the speaker encoder takes 16000 Hz"):
        dvector.extract(tone(150.0), 8000)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "pretrained.pt").write_bytes(b"other")
    monkeypatch.setattr(_ge2e, "weights_file", lambda: tmp_path / "pretrained.pt")
    with pytest.raises(FeatureError, match=r"pretrained.pt is not the file of Resemblyzer 0.1.4 \(SHA-256"):
        _ge2e._sound_weights()


def test_resemblyzer_itself_is_never_imported():
    script = (
        "import sys, numpy as np; from sabench_plugins.features.dvector import DVector;"
        "assert 'torch' not in sys.modules;"
        "DVector().extract(np.zeros((1, 9), np.float32), 16000);"
        "print({'resemblyzer', 'librosa', 'webrtcvad'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
