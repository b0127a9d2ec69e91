"""How sure a score is, and whether one method beats another. Pure functions of predictions.

Speakers are the units: utterances of one speaker are alike, so that counting them singly would
promise far more certainty than there is. Everything is conditional on the training sets: other
training speakers could give other results, and no test set can tell how other.
"""

from sabench.stats.comparison import Comparison, compare, compare_all
from sabench.stats.families import holm, ranks
from sabench.stats.intervals import Interval, interval, interval_of
from sabench.stats.permutation import sign_flip, smallest_p
from sabench.stats.sample import Kind, Sample, common, sample

__all__ = [
    "Comparison",
    "Interval",
    "Kind",
    "Sample",
    "common",
    "compare",
    "compare_all",
    "holm",
    "interval",
    "interval_of",
    "ranks",
    "sample",
    "sign_flip",
    "smallest_p",
]
