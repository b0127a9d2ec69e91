import numpy as np
import pytest
from made_predictions import drawn, seeds_of
from scipy import stats as scipy_stats

from sabench.errors import ResultsError
from sabench.stats.comparison import compare, compare_all
from sabench.stats.sample import sample


def test_a_method_is_told_apart_by_speakers_where_each_has_a_model():
    found = compare(sample([drawn(skill=0.9, seed=1)], pooled=False), sample([drawn(skill=0.4)], pooled=False))
    assert found.about_methods
    assert found.significant
    assert found.p_seeds is None
    assert found.smallest_p == 2**-7
    assert found.effect.low > 0


def test_one_seed_of_a_shared_stochastic_model_says_nothing_of_methods():
    found = compare(seeds_of([0.9]), seeds_of([0.3], seed=1))
    assert found.p_speakers < 0.01
    assert not found.about_methods
    assert not found.significant


def test_a_shared_model_without_chance_is_told_apart_by_one_run():
    first, second = (
        sample([drawn(10, skill=skill, seed=seed, one_fold=True)], pooled=True, stochastic=False)
        for seed, skill in enumerate((0.9, 0.4))
    )
    assert compare(first, second).significant


def test_seeds_that_overlap_give_no_verdict_however_many_speakers_agree():
    found = compare(seeds_of([0.9, 0.9, 0.9, 0.9, 0.4]), seeds_of([0.9, 0.4, 0.4, 0.9, 0.4], seed=1))
    assert found.about_methods
    assert found.p_speakers < 0.05 < found.p_seeds
    assert found.p == max(found.p_speakers, found.p_seeds, found.p_both)
    assert not found.significant


def test_seeds_that_agree_give_a_verdict():
    assert compare(seeds_of([0.8] * 5), seeds_of([0.5] * 5, seed=1)).significant


def test_seeds_are_tested_by_welch():
    first, second = seeds_of([0.7, 0.8, 0.75, 0.7, 0.8]), seeds_of([0.5, 0.6, 0.5, 0.7, 0.6], seed=1)
    expected = scipy_stats.ttest_ind(first.seed_values, second.seed_values, equal_var=False).pvalue
    assert compare(first, second).p_seeds == pytest.approx(expected)


def test_seeds_of_one_method_give_no_verdict_of_difference():
    found = compare(sample([drawn(seed=1)], pooled=False), sample([drawn(seed=2)], pooled=False))
    assert not found.significant


def test_a_method_against_itself_has_no_effect():
    method = sample([drawn()], pooled=False)
    found = compare(method, method)
    assert (found.effect.value, found.p) == (0, 1)


def test_samples_of_other_speakers_are_refused():
    with pytest.raises(ResultsError, match="scored on different speakers"):
        compare(sample([drawn(4)], pooled=False), sample([drawn(5)], pooled=False))


def test_all_pairs_are_the_single_comparisons():
    samples = [seeds_of([skill] * 5, seed=i) for i, skill in enumerate((0.5, 0.55, 0.8))]
    pairs = compare_all(samples)
    single = [compare(samples[i], samples[j]) for i, j in zip(pairs.first, pairs.second, strict=True)]
    assert pairs.p == pytest.approx([found.p for found in single])
    assert pairs.effect == pytest.approx([found.effect.value for found in single])


def test_variance_between_seeds_makes_at_most_5_of_100_false_verdicts():
    """Two methods that are alike, five seeds each; a seed lifts or lowers all speakers. 500 repeats err by 0.01."""
    rng = np.random.default_rng(5)
    alone = verdicts = 0
    for repeat in range(500):
        skills = rng.normal(0.6, 0.08, (2, 5))
        first, second = (seeds_of(skill, seed=1000 * repeat + 100 * i) for i, skill in enumerate(skills))
        found = compare(first, second)
        alone += found.p_speakers <= 0.05
        verdicts += found.significant
    assert alone / 500 > 0.15
    assert verdicts / 500 <= 0.065
