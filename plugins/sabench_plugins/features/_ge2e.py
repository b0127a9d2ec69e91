"""The speaker encoder of Resemblyzer 0.1.4: its weights, its network, and how it cuts speech into pieces.

Only its file of weights is read; the package itself, which needs librosa and webrtcvad, is never imported.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sabench import FeatureError
from sabench_plugins.features import _spectra

if TYPE_CHECKING:
    import torch

RATE = 16_000
WIDTH = 256
FRAME, HOP, N_BANDS = 400, 160, 40
PIECE = 160
"""Frames of a piece of speech, 1.6 s."""
PIECES_A_SECOND = 1.3
LEAST_COVERED = 0.75
"""A last piece that holds less speech than that is left out."""
LEVEL_DB = -30
"""To which a softer signal is made louder."""
SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
INSTALL = "pip install --no-deps resemblyzer==0.1.4"


def weights_file() -> Path | None:
    """Return the file of weights in the installed wheel of Resemblyzer; None where there is none."""
    spec = importlib.util.find_spec("resemblyzer")
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).with_name("pretrained.pt")
    return file if file.is_file() else None


def embedding(samples: np.ndarray) -> np.ndarray:
    """Return the speaker embedding of mono speech at 16 kHz, float32 of shape `(256,)` and length one.

    Args:
        samples: float32 of shape `(n_samples,)`, at least one.

    Raises:
        FeatureError: the weights are missing or others than those of Resemblyzer 0.1.4.
        PluginLoadError: torchaudio does not load.
    """
    starts = piece_starts(len(samples))
    n_needed = (starts[-1] + PIECE) * HOP
    bands = _mel_power(np.pad(samples, (0, max(n_needed - len(samples), 0))))
    pieces = np.stack([bands[start : start + PIECE] for start in starts])
    return _unit(_encoded(pieces).mean(axis=0))


def louder(samples: np.ndarray) -> np.ndarray:
    """Return a signal at -30 dBFS at least; silence stays silence.

    >>> round(float(np.abs(louder(np.full(10, 0.001, np.float32))).max()), 4)
    0.0316
    """
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    wanted = 10 ** (LEVEL_DB / 20)
    return samples if not level or level > wanted else samples * np.float32(wanted / level)


def piece_starts(n_samples: int) -> list[int]:
    """Return the first frames of the pieces that an utterance is cut into; at least one.

    As `VoiceEncoder.compute_partial_slices` of Resemblyzer.

    >>> piece_starts(16_000), piece_starts(48_000)
    ([0], [0, 77, 154])
    """
    step = round(RATE / PIECES_A_SECOND / HOP)
    n_frames = math.ceil((n_samples + 1) / HOP)
    starts = list(range(0, max(1, n_frames - PIECE + step + 1), step))
    covered = (n_samples - starts[-1] * HOP) / (PIECE * HOP)
    return starts[:-1] if covered < LEAST_COVERED and len(starts) > 1 else starts


def _mel_power(samples: np.ndarray) -> np.ndarray:
    """Return mel power, no logarithm, shape `(1 + n_samples // 160, 40)`; the first frame is centred at the start."""
    around = np.pad(samples, FRAME // 2)
    spectrum = _spectra.magnitudes(around, frame=FRAME, hop=HOP, window="hann")
    power: np.ndarray = spectrum**2 @ _filters()
    return power


@functools.cache
def _filters() -> np.ndarray:
    return _spectra.mel_filters(FRAME // 2 + 1, N_BANDS, 0.0, RATE / 2, RATE, scale="slaney")


def _encoded(pieces: np.ndarray) -> np.ndarray:
    """Return embeddings of pieces, shape `(n_pieces, 256)`, of mel power of shape `(n_pieces, 160, 40)`."""
    import torch

    network = _network()
    with torch.inference_mode():
        _, (hidden, _) = network["lstm"](torch.from_numpy(pieces))
        projected: np.ndarray = torch.relu(network["linear"](hidden[-1])).numpy()
    return _unit(projected)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length one; one of zeros stays so."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: np.ndarray = vectors / np.where(length > 0, length, 1)
    return scaled


@functools.cache
def _network() -> torch.nn.ModuleDict:
    import torch

    network = torch.nn.ModuleDict(
        {"lstm": torch.nn.LSTM(N_BANDS, WIDTH, 3, batch_first=True), "linear": torch.nn.Linear(WIDTH, WIDTH)}
    )
    state = torch.load(_sound_weights(), map_location="cpu", weights_only=True)["model_state"]
    network.load_state_dict({name: state[name] for name in network.state_dict()})
    return network.eval()


def _sound_weights() -> Path:
    """Return the file of weights once its content is that of version 0.1.4."""
    file = weights_file()
    if file is None:
        msg = f"the weights of Resemblyzer are not installed; install them with: {INSTALL}"
        raise FeatureError(msg)
    with file.open("rb") as stream:
        sha = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha != SHA256:
        msg = f"{file} is not the file of Resemblyzer 0.1.4 (SHA-256 {sha[:12]}, expected {SHA256[:12]}); {INSTALL}"
        raise FeatureError(msg)
    return file
