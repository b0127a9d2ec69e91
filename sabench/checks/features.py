"""What a feature extractor is held to."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.state import changes, state_of
from sabench.checks.subject import Subject
from sabench.errors import SabenchError
from sabench.testing import SAMPLING_RATE, deliveries, sound

DIMENSIONS: Final = {"functionals": 1, "sequences": 2}
_KIND = "features"


def spoken(number: int = 0) -> np.ndarray:
    """Return a made utterance of 0.3 s, float32, shape `(1, samples)`."""
    return sound(deliveries(4, 1.0, 1, 0)[number])[None].copy()


def extracted(subject: Subject, signal: np.ndarray, sampling_rate: int = SAMPLING_RATE) -> np.ndarray:
    """Return the features of a signal.

    Raises:
        CheckFailure: they are not what the extractor's kind promises.
    """
    extractor: Any = subject.plugin
    return held(subject, extractor.extract(signal, sampling_rate))


def held(subject: Subject, features: Any) -> np.ndarray:
    """Return features once they are float32, of the right dimensions, finite and not empty.

    Raises:
        CheckFailure: they are not.
    """
    kind: str = subject.plugin.kind  # type: ignore[attr-defined]  # an extractor
    shape = "(n_features,)" if kind == "functionals" else "(n_frames, n_bins)"
    if not isinstance(features, np.ndarray):
        refuse(subject, [f"returns {type(features).__name__}; expected a float32 array of shape {shape}"])
    if features.dtype != np.float32:
        refuse(subject, [f"returns {features.dtype}; expected float32"])
    if features.ndim != DIMENSIONS[kind] or not features.size:
        refuse(subject, [f"returns shape {features.shape}; {kind} have the shape {shape} and are not empty"])
    if not np.isfinite(features).all():
        refuse(subject, [f"returns {int((~np.isfinite(features)).sum())} values that are NaN or infinite"])
    made: np.ndarray = features
    return made


@check(_KIND, crash="makes declarations that cannot be read", formal=True)
def the_kind_is_known(subject: Subject) -> None:
    """Methods are paired with features by their kind, before any audio is read."""
    kind = getattr(subject.cls, "kind", None)
    if kind not in DIMENSIONS:
        refuse(subject, [f"has the kind {kind!r}; expected functionals or sequences"])


@check(_KIND, crash="cannot extract features of speech", basic=True)
def features_are_what_their_kind_promises(subject: Subject) -> None:
    """The store and every method rely on float32, the dimensions of the kind, and finite numbers."""
    extracted(subject, spoken())


@check(_KIND, crash="cannot extract features of utterances of different length")
def the_last_axis_is_the_same_for_all(subject: Subject) -> None:
    """Methods stack functionals and share weights over frames; more speech may add frames, never features."""
    long = np.concatenate([spoken(number) for number in range(4)], axis=1)
    widths = [extracted(subject, signal).shape[-1] for signal in (spoken(), long)]
    if widths[0] != widths[1]:
        refuse(subject, [f"gives {widths[0]} features of 0.3 s and {widths[1]} of 1.2 s; the last axis is fixed"])


@check(_KIND, crash="tells a shape that it does not give")
def the_expected_shape_is_the_real_one(subject: Subject) -> None:
    """Costs are estimated from it before any audio is read."""
    extractor: Any = subject.plugin
    signal = spoken()
    expected = extractor.expected_shape(signal.shape[1] / SAMPLING_RATE)
    if expected is None:
        raise NotApplicable("it tells no shape beforehand")
    shape = extracted(subject, signal).shape
    if tuple(expected) != shape:
        refuse(subject, [f"expects the shape {tuple(expected)} of 0.3 s and gives {shape}"])


@check(_KIND, crash="cannot extract the same signal twice")
def the_same_signal_gives_the_same_features(subject: Subject) -> None:
    """Features are computed once and kept; neither chance nor earlier signals may have a say."""
    first = extracted(subject, spoken()).copy()
    extracted(subject, spoken(2))
    if not np.array_equal(first, extracted(subject, spoken())):
        refuse(subject, ["gives other features of the same signal the second time"])
    if not np.array_equal(first, held(subject, subject.fresh().extract(spoken(), SAMPLING_RATE))):
        refuse(subject, ["gives other features of the same signal as another one with the same parameters"])


@check(_KIND, crash="cannot keep two results")
def a_result_is_not_overwritten_by_the_next(subject: Subject) -> None:
    """Several results are held before they are written; a buffer that is used again would mix them up."""
    first = extracted(subject, spoken())
    kept = first.copy()
    extracted(subject, spoken(2))
    if not np.array_equal(first, kept):
        refuse(subject, ["overwrites an earlier result with the next one; return a copy of the buffer"])


@check(_KIND, crash="cannot extract features twice")
def extracting_leaves_the_extractor_unchanged(subject: Subject) -> None:
    """Parameters are the identity of what is stored; extraction changes none."""
    extractor: Any = subject.fresh()
    before = state_of(extractor.parameters())
    extractor.extract(spoken(), SAMPLING_RATE)
    changed = changes(before, state_of(extractor.parameters()))
    if changed:
        refuse(subject, [f"changes its parameters while it extracts: {', '.join(changed)}"])


@check(_KIND, crash="fails on silence")
def silence_is_survived(subject: Subject) -> None:
    """Recordings hold digital silence; its logarithm and its spread must not become infinite."""
    extracted(subject, np.zeros_like(spoken()))


@check(_KIND, crash="fails on very short clips")
def very_short_clips_are_survived(subject: Subject) -> None:
    """Corpora hold clips shorter than a frame; they get features of the usual width."""
    width = extracted(subject, spoken()).shape[-1]
    for n_samples in (1, 100, 500):
        features = extracted(subject, spoken()[:, 1000 : 1000 + n_samples])
        if features.shape[-1] != width:
            refuse(subject, [f"gives {features.shape[-1]} features of {n_samples} samples, otherwise {width}"])


@check(_KIND, crash="fails on clipped audio")
def full_scale_is_survived(subject: Subject) -> None:
    """Clipped recordings reach full scale; integers that wrap around would turn loud into soft."""
    extracted(subject, np.where(spoken() > 0, 1.0, -1.0).astype(np.float32))


@check(_KIND, crash="fails on audio of two channels")
def two_channels_are_taken(subject: Subject) -> None:
    """A signal has the shape (channels, samples); two equal channels are the same speech as one."""
    mono = spoken()
    one, two = extracted(subject, mono), extracted(subject, np.repeat(mono, 2, axis=0))
    if one.shape != two.shape:
        refuse(subject, [f"gives shape {two.shape} of two channels and {one.shape} of one; mix them down"])


@check(_KIND, crash="cannot take an unusual sampling rate, and says so in no error of sabench")
def the_sampling_rate_is_honoured(subject: Subject) -> None:
    """The same samples at another rate are another sound: half as high, twice as long; or the rate is refused."""
    extractor: Any = subject.plugin
    usual = extracted(subject, spoken())
    try:
        halved = held(subject, extractor.extract(spoken(), SAMPLING_RATE // 2))
    except SabenchError:
        return
    if usual.shape == halved.shape and np.array_equal(usual, halved):
        refuse(subject, ["gives the same features whatever the sampling rate; use it, or refuse with a FeatureError"])


@check(_KIND, crash="needs to write into the signal, or changes it")
def the_signal_is_left_as_it_was(subject: Subject) -> None:
    """One decoded signal serves several extractors."""
    signal = spoken()
    kept = signal.copy()
    extracted(subject, signal)
    if not np.array_equal(signal, kept):
        refuse(subject, ["changes the signal that it is handed; work on a copy"])
    signal.setflags(write=False)
    extracted(subject, signal)


CHECKS = (
    the_kind_is_known,
    features_are_what_their_kind_promises,
    the_last_axis_is_the_same_for_all,
    the_expected_shape_is_the_real_one,
    the_same_signal_gives_the_same_features,
    a_result_is_not_overwritten_by_the_next,
    extracting_leaves_the_extractor_unchanged,
    silence_is_survived,
    very_short_clips_are_survived,
    full_scale_is_survived,
    two_channels_are_taken,
    the_sampling_rate_is_honoured,
    the_signal_is_left_as_it_was,
)
