import numpy as np
import pytest
from fit_context import context
from made_speakers import utterances, view

from sabench import Access, Enrolment, Utterances
from sabench_plugins.adapters.label_calibration import LabelCalibration
from sabench_plugins.adapters.prior_correction import PriorCorrection
from sabench_plugins.unlabelled.priors import reestimated, with_prior

CLASSES = ("calm", "loud")


def mixture(n: tuple[int, int], seed: int, speaker: str = "s") -> Utterances:
    """Two overlapping classes at -1 and 1 with deviation 1, so many of each."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], n)
    arrays = [[2.0 * label - 1 + rng.normal()] for label in y]
    return Utterances(view(*arrays), y, np.full(len(y), speaker), y == 0, CLASSES)


def joined(*parts: Utterances) -> Utterances:
    arrays = [array for part in parts for array in part.features]
    y, speaker, neutral = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "speaker", "neutral")
    )
    return Utterances(view(*arrays), y, speaker, neutral, CLASSES)


def hits(predictor, of: Utterances) -> int:
    return int((predictor.predict_proba(of.features).argmax(axis=1) == of.y).sum())


def test_a_prior_that_is_the_same_changes_nothing():
    posteriors = np.array([[0.3, 0.7], [0.9, 0.1]])
    uniform = np.array([0.5, 0.5])
    assert with_prior(posteriors, uniform, uniform) == pytest.approx(posteriors)


def test_nobody_heard_leaves_the_prior():
    assert reestimated(np.zeros((0, 2)), np.array([0.4, 0.6])).tolist() == [0.4, 0.6]


def test_em_finds_the_prior_of_a_mixture():
    of = mixture((900, 100), seed=1)
    x = of.features.stack()[:, 0].astype(np.float64)
    posteriors = 1 / (1 + np.exp(np.stack([2 * x, -2 * x], axis=1)))
    assert reestimated(posteriors, np.array([0.5, 0.5]))[0] == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("classifier", ["logreg", "svm"])
def test_a_speaker_who_is_mostly_calm_is_classified_better_with_the_prior_corrected(classifier):
    adapter = PriorCorrection(classifier=classifier)
    adapter.fit(mixture((150, 150), seed=0), [], context=context())
    target = mixture((270, 30), seed=2)
    plain, corrected = (adapter.enrol(Enrolment(unlabelled=heard)) for heard in (target.features[:0], target.features))
    assert hits(corrected, target) > hits(plain, target)


def test_a_row_does_not_depend_on_the_others_of_a_call():
    adapter = PriorCorrection()
    adapter.fit(mixture((50, 50), seed=0), [], context=context())
    target = mixture((40, 5), seed=1)
    predictor = adapter.enrol(Enrolment(unlabelled=target.features))
    together = predictor.predict_proba(target.features)
    alone = predictor.predict_proba(target.features[7:8])
    assert alone[0] == pytest.approx(together[7])


def calm_and_loud_speakers() -> Utterances:
    """Speakers far apart in a second feature: the low ones are mostly calm, the high ones mostly loud."""
    parts = []
    for number in range(6):
        low = number < 3
        of = mixture((45, 5) if low else (5, 45), seed=number, speaker=f"s{number}")
        level = np.float32(-5 if low else 5)
        features = of.features.map(lambda array, level=level: np.append(array, level))
        parts.append(Utterances(features, of.y, of.speaker, of.neutral, CLASSES))
    return joined(*parts)


def test_calibration_takes_the_prior_of_those_who_sound_alike():
    train = calm_and_loud_speakers()
    adapter = LabelCalibration(speakers=3, smoothing=0.0)
    adapter.fit(train, [], context=context())
    like_the_first = train.features.take(train.rows_of["s0"][:5])
    assert adapter.enrol(Enrolment(unlabelled=like_the_first)).new == pytest.approx([0.9, 0.1], abs=0.01)


def test_calibration_does_nothing_where_all_speakers_show_every_class_alike():
    train = utterances()
    adapter = LabelCalibration()
    adapter.fit(train, [], context=context())
    calibrated = adapter.enrol(Enrolment(unlabelled=train.features[:5])).predict_proba(train.features)
    assert calibrated == pytest.approx(adapter.fitted_.predict_proba(train.features), abs=2e-2)


def test_with_nobody_heard_calibration_does_nothing():
    train = calm_and_loud_speakers()
    adapter = LabelCalibration()
    adapter.fit(train, [], context=context())
    calibrated = adapter.enrol(Enrolment()).predict_proba(train.features)
    assert calibrated == pytest.approx(adapter.fitted_.predict_proba(train.features))


def test_they_say_what_they_need():
    assert PriorCorrection().access == Access(unlabelled="all")
    assert PriorCorrection(unlabelled=4).access == Access(unlabelled=4)
    assert LabelCalibration().access == Access(unlabelled=10)
