"""Scores of predictions: pure functions on arrays of class indices, on numpy alone.

UAR is unweighted average recall, the mean of recalls over the classes present in the scored truth
(Schuller, Steidl, Batliner: "The INTERSPEECH 2009 Emotion Challenge", 2009). All values are fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sabench.interfaces.records import Predictions

Indices = npt.ArrayLike
"""Class indices, shape `(n,)`."""
AVERSION = 2.0
"""How much inequality of speakers costs in `iswf`."""


@dataclass(frozen=True)
class Scores:
    """Every score of one run or fold; NaN where a score is not defined.

    Attributes:
        uar_mean: mean of the UARs of the folds.
        uar_pooled: UAR over all scored utterances together.
        uar_per_fold: UAR of each fold, in the order of first appearance.
        uar_per_speaker: UAR of each speaker over the classes that the speaker has, sorted by name.
        recall_per_class: recall of each class; NaN for a class absent from the truth.
        confusion: counts, rows the truth, columns the prediction, shape `(n_classes, n_classes)`.
        worst_speaker: the speaker with the lowest UAR among those who have all classes (among all
            speakers where nobody has), and that UAR.
        gini: of the UARs of the speakers who have all classes; 0 where all are served alike.
        iswf: isoelastic social welfare of the same UARs; their mean less what they are unequal.
        gender_gap: mean UAR of female minus that of male speakers; None where gender is not known.
        n_scored: number of utterances.
        n_folds: number of folds.
        n_speakers: number of speakers.
    """

    uar_mean: float
    uar_pooled: float
    uar_per_fold: Mapping[str, float]
    uar_per_speaker: Mapping[str, float]
    recall_per_class: np.ndarray
    confusion: np.ndarray
    worst_speaker: tuple[str, float]
    gini: float
    iswf: float
    gender_gap: float | None
    n_scored: int
    n_folds: int
    n_speakers: int


def confusion(truth: Indices, predicted: Indices, n_classes: int | None = None) -> np.ndarray:
    """Return counts, rows the truth and columns the prediction.

    Raises:
        ValueError: the two differ in length, or an index lies outside the classes.

    >>> confusion([0, 0, 1], [0, 1, 1]).tolist()
    [[1, 1], [0, 1]]
    """
    true, guess, size = _checked(truth, predicted, n_classes)
    return np.bincount(true * size + guess, minlength=size * size).reshape(size, size)


def recall_per_class(truth: Indices, predicted: Indices, n_classes: int | None = None) -> np.ndarray:
    """Return the recall of each class; NaN for a class absent from the truth.

    >>> recall_per_class([0, 0, 1], [0, 1, 1], 3).tolist()
    [0.5, 1.0, nan]
    """
    return recalls(confusion(truth, predicted, n_classes))


def uar(truth: Indices, predicted: Indices, n_classes: int | None = None) -> float:
    """Return the mean of recalls over the classes present in the truth; NaN where there is no truth.

    >>> uar([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    return float(mean_recall(confusion(truth, predicted, n_classes)))


def recalls(counts: np.ndarray) -> np.ndarray:
    """Return the recalls of confusion matrices of shape `(..., n_classes, n_classes)`."""
    totals = counts.sum(axis=-1)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.where(totals > 0, hits / np.maximum(totals, 1), np.nan)


def mean_recall(counts: np.ndarray) -> np.ndarray:
    """Return the UARs of confusion matrices of shape `(..., n_classes, n_classes)`; NaN for empty ones."""
    totals = counts.sum(axis=-1)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    present = (totals > 0).sum(axis=-1)
    summed = (hits / np.maximum(totals, 1)).sum(axis=-1)
    return np.asarray(np.where(present > 0, summed / np.maximum(present, 1), np.nan))


def confusions_by(
    truth: Indices, predicted: Indices, groups: npt.ArrayLike, n_classes: int | None = None
) -> dict[str, np.ndarray]:
    """Return the confusion matrix of each group, in the order of first appearance."""
    true, guess, size = _checked(truth, predicted, n_classes)
    names, number = numbered(groups)
    cells = (number * size + true) * size + guess
    counts = np.bincount(cells, minlength=len(names) * size * size).reshape(len(names), size, size)
    return dict(zip(names, counts, strict=True))


def uar_by(truth: Indices, predicted: Indices, groups: npt.ArrayLike, n_classes: int | None = None) -> dict[str, float]:
    """Return the UAR of each group, in the order of first appearance.

    >>> uar_by([0, 1, 0], [0, 0, 0], ["b", "b", "a"])
    {'b': 0.5, 'a': 1.0}
    """
    matrices = confusions_by(truth, predicted, groups, n_classes)
    return {name: float(mean_recall(counts)) for name, counts in matrices.items()}


def uar_mean(truth: Indices, predicted: Indices, fold: npt.ArrayLike) -> float:
    """Return the mean of the UARs of the folds; NaN where there is none.

    >>> uar_mean([0, 1, 0], [0, 0, 0], ["1", "1", "2"])
    0.75
    """
    return _mean(uar_by(truth, predicted, fold).values())


def gini(values: npt.ArrayLike) -> float:
    """Return the Gini coefficient of non-negative values: 0 where all are equal; NaN without values.

    Half the mean absolute difference of all pairs over the mean (Gini 1912).

    >>> gini([1.0, 1.0]), gini([0.0, 1.0])
    (0.0, 0.5)
    """
    x = np.sort(np.asarray(values, dtype=float))
    if not len(x):
        return float("nan")
    if x.sum() == 0:
        return 0.0
    weights = 2 * np.arange(1, len(x) + 1) - len(x) - 1
    return max(0.0, float((weights * x).sum() / (len(x) * x.sum())))


def iswf(values: npt.ArrayLike, aversion: float = AVERSION) -> float:
    """Return the isoelastic social welfare of non-negative values; NaN without values.

    The value that, given to everybody, would be worth as much as the values are: the mean at no aversion to inequality,
    the geometric mean at one, near the smallest value at a large one; 0 where somebody has 0 and the aversion is one
    or more (Atkinson 1970). As a measure of fairness over speakers: Triantafyllopoulos and Schuller, "Enrolment-based
    personalisation for improving individual-level fairness in speech emotion recognition", Interspeech 2024,
    arXiv 2406.06665; the equation is read in the code published with it (enrollment-personalization, iswf.py), which
    draws it over aversions from 0 to 30.

    Args:
        values: UARs of speakers, fractions.
        aversion: to inequality; the default is a [guess], the source prefers none.

    >>> iswf([0.5, 0.5]), round(iswf([0.2, 0.8]), 2), round(iswf([0.2, 0.8], aversion=0), 2)
    (0.5, 0.32, 0.5)
    """
    x = np.asarray(values, dtype=float)
    if not len(x):
        return float("nan")
    if aversion >= 1 and x.min() <= 0:
        return 0.0
    if aversion == 1:
        return float(np.exp(np.log(x).mean()))
    return float((x ** (1 - aversion)).mean() ** (1 / (1 - aversion)))


def scores(predictions: Predictions, gender: Mapping[str, str | None] | None = None) -> Scores:
    """Return every score of a run, from its predictions alone.

    Args:
        predictions: of one fold or several; folds that failed are simply not there.
        gender: `female` or `male` for each speaker, where the corpus tells it.
    """
    truth, predicted, size = predictions.truth, predictions.predicted, len(predictions.classes)
    pooled = confusion(truth, predicted, size)
    folds = uar_by(truth, predicted, predictions.fold, size)
    by_speaker = dict(sorted(confusions_by(truth, predicted, predictions.speaker, size).items()))
    speakers = {name: float(mean_recall(counts)) for name, counts in by_speaker.items()}
    whole = {name: speakers[name] for name, counts in by_speaker.items() if (counts.sum(axis=1) > 0).all()}
    return Scores(
        uar_mean=_mean(folds.values()),
        uar_pooled=float(mean_recall(pooled)),
        uar_per_fold=folds,
        uar_per_speaker=speakers,
        recall_per_class=recalls(pooled),
        confusion=pooled,
        worst_speaker=min((whole or speakers).items(), key=lambda item: item[1], default=("", float("nan"))),
        gini=gini(list(whole.values())),
        iswf=iswf(list(whole.values())),
        gender_gap=_gender_gap(speakers, gender or {}),
        n_scored=len(truth),
        n_folds=len(folds),
        n_speakers=len(speakers),
    )


def _gender_gap(speakers: Mapping[str, float], gender: Mapping[str, str | None]) -> float | None:
    female = [value for name, value in speakers.items() if gender.get(name) == "female"]
    male = [value for name, value in speakers.items() if gender.get(name) == "male"]
    return _mean(female) - _mean(male) if female and male else None


def _mean(values: Iterable[float]) -> float:
    numbers = np.fromiter(values, dtype=float)
    return float(numbers.mean()) if len(numbers) else float("nan")


def numbered(groups: npt.ArrayLike) -> tuple[list[str], np.ndarray]:
    """Return the names of groups in the order of first appearance, and the number of each row's group.

    >>> numbered(["b", "a", "b"])
    (['b', 'a'], array([0, 1, 0]))
    """
    rows = np.asarray(groups).astype(str).tolist()
    index = {name: i for i, name in enumerate(dict.fromkeys(rows))}
    return list(index), np.fromiter((index[name] for name in rows), dtype=np.int64, count=len(rows))


def _checked(truth: Indices, predicted: Indices, n_classes: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    true, guess = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    if true.shape != guess.shape or true.ndim != 1:
        msg = f"Truth has shape {true.shape} and prediction {guess.shape}; expected one index an utterance in both."
        raise ValueError(msg)
    top = int(max(true.max(initial=-1), guess.max(initial=-1)))
    size = top + 1 if n_classes is None else n_classes
    if top >= size or min(true.min(initial=0), guess.min(initial=0)) < 0:
        msg = f"Class indices run from {min(true.min(), guess.min())} to {top}; expected 0 to {size - 1}."
        raise ValueError(msg)
    return true, guess, size
