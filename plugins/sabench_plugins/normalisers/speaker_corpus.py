"""Speaker-corpus normalisation: a speaker's own mean, the corpus's deviation."""

from __future__ import annotations

from dataclasses import replace

from sabench import hookimpl
from sabench_plugins.normalisers.moments import Moments
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments
from sabench_plugins.references import SCHULLER_2010


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
    references = (SCHULLER_2010,)

    def estimate(self, heard: UtteranceMoments) -> Moments:
        """Return the speaker's mean and the training speakers' variance."""
        return replace(super().estimate(heard), variance=self.prior_.moments.variance)


@hookimpl
def sabench_normalisers() -> dict[str, type[SpeakerCorpus]]:
    """Offer `speaker-corpus`."""
    return {"speaker-corpus": SpeakerCorpus}
