"""What to expect of a speaker not heard yet, learnt from training speakers: level and spread of every feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sabench_plugins.normalisers.credibility import Credibility
from sabench_plugins.normalisers.moments import Moments
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments


@dataclass(frozen=True)
class SpeakerPrior:
    """Mean and spread of a speaker's features, drawn from the training speakers' to the speaker's own by evidence.

    The unit of evidence is the utterance: frames of one utterance are much alike. By the law of total variance, the
    variance over frames is that within utterances, of which one utterance tells something, plus that between their
    means, of which one utterance tells nothing. Functionals are one frame: all their variance is between utterances.

    Attributes:
        level: of the means of utterances.
        within: of the variances over the frames of utterances; 0 for functionals.
        between: of the squared deviations of utterances' means from their speaker's.
    """

    level: Credibility
    within: Credibility
    between: Credibility

    @classmethod
    def of(cls, speakers: Sequence[UtteranceMoments]) -> SpeakerPrior:
        """Return what these training speakers, one utterance each or more, let one expect."""
        return cls(
            Credibility.of([own.mean for own in speakers]),
            Credibility.of([own.variance for own in speakers]),
            Credibility.of(_squared_deviations(speakers)),
        )

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> SpeakerPrior:
        """Return what `arrays` gave."""
        return cls(*(Credibility(arrays[f"{name}_mean"], arrays[f"{name}_weight"]) for name in _PARTS))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """All numbers by name, to be saved."""
        return {
            f"{name}_{field}": getattr(getattr(self, name), field) for name in _PARTS for field in ("mean", "weight")
        }

    @property
    def moments(self) -> Moments:
        """What is expected of a speaker of whom nothing is known."""
        return Moments(0, self.level.mean, self.within.mean + self.between.mean)

    def with_level(self, level: Credibility) -> SpeakerPrior:
        """Return the same spread around another level."""
        return replace(self, level=level)

    def moments_of(self, heard: UtteranceMoments) -> Moments:
        """Return mean and variance of a speaker of whom at least one utterance is known.

        Utterances count by their frames. They are as good as `n` of equal length (Kish, "Survey sampling", 1965).
        """
        share = heard.share
        n = float(1 / (share**2).sum())
        mean = share @ heard.mean
        within = self.within.drawn(n * (share @ heard.variance), n)
        between = self.between.drawn(n * (share @ (heard.mean - mean) ** 2), n - 1 if len(heard) > 1 else 0)
        return Moments(int(heard.count.sum()), self.level.drawn(n * mean, n), within + between)


_PARTS = ("level", "within", "between")


def _squared_deviations(speakers: Sequence[UtteranceMoments]) -> list[np.ndarray]:
    """Return unbiased squared deviations of the utterances of every speaker who has two; zero where nobody has."""
    several = [own for own in speakers if len(own) > 1]
    if not several:
        return [np.zeros_like(own.mean) for own in speakers]
    return [(own.mean - own.mean.mean(axis=0)) ** 2 * (len(own) / (len(own) - 1)) for own in several]
