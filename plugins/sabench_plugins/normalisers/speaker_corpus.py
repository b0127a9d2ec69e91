"""Speaker-corpus normalisation: a speaker's own mean, the corpus's deviation."""

from __future__ import annotations

from sabench import Enrolment, Transform, hookimpl
from sabench_plugins.normalisers.moments import Standardise
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore


class SpeakerCorpus(SpeakerZScore):
    """Subtracts a speaker's mean, then divides by the corpus's deviation.

    Schuller et al., "Cross-corpus acoustic emotion recognition: variances and strategies", IEEE Transactions on
    Affective Computing 1(2), 2010, doi 10.1109/T-AFFC.2010.8, compare normalisation by speaker, by corpus, and by
    speaker and corpus together. By speaker is `speaker-zscore`. By corpus is `corpus-zscore`, with statistics of the
    training part of a corpus; theirs are those of each corpus as a whole, test utterances included.

    [guess] For both together, a z-score by corpus behind one by speaker would change nothing: the latter leaves
    every speaker, and so the corpus, with mean 0 and deviation 1. Here the speaker gives the mean and the corpus (the
    training speakers, each around an own mean) the deviation, so that how much a speaker varies is kept.

    Parameters are those of `speaker-zscore`.
    """

    name = "speaker-corpus"
    title = "each speaker's own mean, the training corpus's deviation"

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker; the identity where nothing is enrolled."""
        transform = super().enrol(enrolment)
        return Standardise(transform.mean, self.scale_) if isinstance(transform, Standardise) else transform


@hookimpl
def sabench_normalisers() -> dict[str, type[SpeakerCorpus]]:
    """Offer `speaker-corpus`."""
    return {"speaker-corpus": SpeakerCorpus}
