import numpy as np
import pytest
from made_predictions import CLASSES, drawn
from sklearn.metrics import balanced_accuracy_score

from sabench.interfaces.records import Predictions
from sabench.stats.intervals import interval
from sabench.stats.sample import sample


def test_the_interval_of_a_pooled_score_agrees_with_the_jackknife():
    run = drawn(n_speakers=30, n=30, skill=np.random.default_rng(3).uniform(0.3, 0.9, 30), one_fold=True)
    left_out = [balanced_accuracy_score(run.truth[rest], run.predicted[rest]) for rest in leave_one_out(run)]
    jackknife = (29 / 30 * ((left_out - np.mean(left_out)) ** 2).sum()) ** 0.5
    influence = sample([run], pooled=True).influence
    assert np.sqrt((influence**2).sum()) == pytest.approx(jackknife, rel=0.03)


def leave_one_out(run):
    return [run.speaker != name for name in np.unique(run.speaker)]


def test_an_interval_stays_inside_zero_and_one_and_holds_the_score():
    found = interval(sample([drawn(n_speakers=4, skill=[1, 1, 1, 0.4])], pooled=False))
    assert 0 <= found.low < found.value < found.high <= 1


def test_a_perfect_score_has_an_interval_of_no_width():
    found = interval(sample([drawn(skill=1.0)], pooled=False))
    assert (found.low, found.value, found.high) == pytest.approx((1, 1, 1))


def test_one_speaker_gives_no_interval():
    found = interval(sample([drawn(n_speakers=1)], pooled=False))
    assert np.isnan([found.low, found.high]).all()


def test_seeds_widen_the_interval_where_one_model_serves_all():
    runs = [drawn(skill=skill, seed=i, one_fold=True) for i, skill in enumerate((0.5, 0.7, 0.9))]
    together, alone = (interval(sample(part, pooled=True)) for part in (runs, runs[1:2]))
    assert together.high - together.low > alone.high - alone.low


def test_a_speaker_with_half_of_the_utterances_lowers_the_degrees_of_freedom():
    run = drawn(n_speakers=6, one_fold=True)
    merged = np.where(np.isin(run.speaker, ["s00", "s01", "s02"]), "big", run.speaker)
    uneven = Predictions(run.ids, merged, run.truth, run.probabilities, run.fold, CLASSES)
    assert sample([uneven], pooled=True).df < 3 - 1


def test_two_unequal_speakers_give_a_wide_interval():
    run = drawn(n_speakers=6, one_fold=True, skill=[0.9, 0.9, 0.9, 0.9, 0.9, 0.3])
    merged = np.where(run.speaker == "s05", "s05", "big")
    found = interval(sample([Predictions(run.ids, merged, *_rest(run))], pooled=True))
    assert found.high - found.low > 0.5


def _rest(run):
    return run.truth, run.probabilities, run.fold, CLASSES


@pytest.mark.parametrize("n", [10, 25])
@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_intervals_cover_in_93_to_97_of_100_cases(kind, n):
    """Speakers' skills are uniform between 0.2 and 0.9; the wide band of the assertion is the chance of 400 repeats."""
    rng = np.random.default_rng(4)
    hits = 0
    for repeat in range(400):
        run = drawn(n, n=18, skill=rng.uniform(0.2, 0.9, n), seed=repeat, one_fold=kind == "pooled", data=repeat)
        found = interval(sample([run], pooled=kind == "pooled", stochastic=False))
        hits += found.low <= 0.55 <= found.high
    assert 0.92 <= hits / 400 <= 0.98
