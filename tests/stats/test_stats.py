import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import balanced_accuracy_score

from sabench.errors import ResultsError
from sabench.interfaces.records import Predictions
from sabench.stats import comparison, families, intervals, permutation
from sabench.stats.metrics import scores
from sabench.stats.sample import common, sample

CLASSES = ("angry", "happy", "sad")


def drawn(n_speakers=8, n=12, skill=0.6, seed=0, one_fold=False, data=0):
    """Return predictions of speakers whose every class has some utterances; `skill` may differ by speaker."""
    data = np.random.default_rng(data)
    truth = np.concatenate([np.r_[0, 1, 2, data.integers(0, 3, n - 3)] for _ in range(n_speakers)])
    speaker = np.repeat([f"s{i:02}" for i in range(n_speakers)], n)
    rng = np.random.default_rng([1, seed])
    missed = rng.random(len(truth)) > np.repeat(np.broadcast_to(skill, n_speakers), n)
    fold = np.full(len(truth), "all") if one_fold else speaker
    ids = tuple(f"u{i}" for i in range(len(truth)))
    return Predictions(ids, speaker, truth, np.eye(3)[(truth + missed) % 3], fold, CLASSES)


def by_speaker(run):
    return np.array([run.predicted[run.speaker == name] for name in np.unique(run.speaker)])


# --- samples ---


@pytest.mark.parametrize("one_fold", [False, True])
@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_shares_of_speakers_sum_to_the_score(kind, one_fold):
    run = drawn(one_fold=one_fold)
    expected = scores(run)
    value = sample([run], kind).value
    assert value == pytest.approx(expected.uar_mean if kind == "mean" else expected.uar_pooled)


def test_a_sample_of_several_seeds_is_their_mean():
    runs = [drawn(seed=seed) for seed in range(3)]
    several = sample(runs, "pooled")
    each = [balanced_accuracy_score(run.truth, run.predicted) for run in runs]
    assert several.seed_values == pytest.approx(each)
    assert several.value == pytest.approx(np.mean(each))


def test_seeds_that_agree_in_everything_show_a_method_without_chance():
    assert not sample([drawn(), drawn()], "pooled", stochastic=True).stochastic
    assert sample([drawn(), drawn(seed=1)], "pooled", stochastic=False).stochastic


def test_a_model_is_shared_where_a_fold_has_several_speakers():
    assert sample([drawn(one_fold=True)], "pooled").shared
    assert sample([drawn(one_fold=True)], "mean").shared
    assert not sample([drawn()], "pooled").shared


def test_common_keeps_the_utterances_that_all_scored_in_one_order():
    whole = drawn(n_speakers=3)
    keep = np.flatnonzero(whole.speaker != "s01")[::-1]
    part = Predictions(
        tuple(whole.ids[i] for i in keep),
        whole.speaker[keep],
        whole.truth[keep],
        whole.probabilities[keep],
        whole.fold[keep],
        CLASSES,
    )
    first, second = common([whole, part])
    assert first.ids == second.ids
    assert set(first.speaker) == {"s00", "s02"}
    assert (first.predicted == second.predicted).all()


def test_runs_without_a_common_utterance_are_refused():
    one, two = drawn(), drawn()
    other = Predictions(tuple(f"x{i}" for i in one.ids), two.speaker, two.truth, two.probabilities, two.fold, CLASSES)
    with pytest.raises(ResultsError, match="no scored utterance in common"):
        common([one, other])


def test_runs_with_other_classes_are_refused():
    one = drawn()
    other = Predictions(one.ids, one.speaker, one.truth, one.probabilities, one.fold, ("x", "y", "z"))
    with pytest.raises(ResultsError, match="disagree about their classes: angry, happy, sad / x, y, z"):
        common([one, other])


# --- intervals ---


def test_the_interval_of_a_difference_is_the_paired_t_interval_of_scipy():
    first, second = drawn(seed=1, skill=0.8), drawn(seed=2)
    uars = [np.array(list(scores(run).uar_per_speaker.values())) for run in (first, second)]
    expected = scipy_stats.ttest_rel(*uars).confidence_interval()
    found = comparison.compare(sample([first], "mean"), sample([second], "mean")).effect
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_interval_of_a_pooled_score_agrees_with_the_jackknife():
    run = drawn(n_speakers=30, n=30, skill=np.random.default_rng(3).uniform(0.3, 0.9, 30), one_fold=True)
    left_out = [balanced_accuracy_score(run.truth[rest], run.predicted[rest]) for rest in leave_one_out(run)]
    jackknife = (29 / 30 * ((left_out - np.mean(left_out)) ** 2).sum()) ** 0.5
    influence = sample([run], "pooled").influence
    assert np.sqrt((influence**2).sum()) == pytest.approx(jackknife, rel=0.03)


def leave_one_out(run):
    return [run.speaker != name for name in np.unique(run.speaker)]


def test_an_interval_stays_inside_zero_and_one_and_holds_the_score():
    found = intervals.interval(sample([drawn(n_speakers=4, skill=[1, 1, 1, 0.4])], "mean"))
    assert 0 <= found.low < found.value < found.high <= 1


def test_a_perfect_score_has_an_interval_of_no_width():
    found = intervals.interval(sample([drawn(skill=1.0)], "mean"))
    assert (found.low, found.value, found.high) == pytest.approx((1, 1, 1))


def test_one_speaker_gives_no_interval():
    found = intervals.interval(sample([drawn(n_speakers=1)], "mean"))
    assert np.isnan([found.low, found.high]).all()


def test_seeds_widen_the_interval_where_one_model_serves_all():
    runs = [drawn(skill=skill, seed=i, one_fold=True) for i, skill in enumerate((0.5, 0.7, 0.9))]
    together, alone = (intervals.interval(sample(part, "pooled")) for part in (runs, runs[1:2]))
    assert together.high - together.low > alone.high - alone.low


def test_a_speaker_with_half_of_the_utterances_lowers_the_degrees_of_freedom():
    run = drawn(n_speakers=6, one_fold=True)
    merged = np.where(np.isin(run.speaker, ["s00", "s01", "s02"]), "big", run.speaker)
    uneven = Predictions(run.ids, merged, run.truth, run.probabilities, run.fold, CLASSES)
    assert sample([uneven], "pooled").df < 3 - 1


def test_two_unequal_speakers_give_a_wide_interval():
    run = drawn(n_speakers=6, one_fold=True, skill=[0.9, 0.9, 0.9, 0.9, 0.9, 0.3])
    merged = np.where(run.speaker == "s05", "s05", "big")
    found = intervals.interval(sample([Predictions(run.ids, merged, *_rest(run))], "pooled"))
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
        found = intervals.interval(sample([run], kind, stochastic=False))
        hits += found.low <= 0.55 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


# --- permutation ---


def test_the_exact_test_is_the_permutation_test_of_scipy():
    d = np.random.default_rng(0).normal(0.3, 1, 9)
    expected = scipy_stats.permutation_test(
        (d, np.zeros(9)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert permutation.sign_flip(d[None])[0] == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("n", [13, 16])
def test_joining_halves_counts_what_counting_all_flips_counts(n):
    shares = np.round(np.random.default_rng(n).normal(0.2, 1, (5, n)), 1)
    assert permutation.sign_flip(shares) == pytest.approx(permutation._direct(shares), abs=1e-12)


def test_drawn_flips_agree_with_exact_ones():
    shares = np.random.default_rng(1).normal(0.3, 1, (3, 20))
    assert permutation._drawn(shares, 99_999) == pytest.approx(permutation.sign_flip(shares), abs=0.005)


def test_more_speakers_than_can_be_counted_are_drawn_always_alike():
    shares = np.random.default_rng(1).normal(0.2, 1, (1, permutation.EXACT + 6))
    assert permutation.sign_flip(shares)[0] == permutation.sign_flip(shares)[0]
    expected = scipy_stats.ttest_1samp(shares[0], 0).pvalue
    assert permutation.sign_flip(shares)[0] == pytest.approx(expected, abs=0.02)


def test_no_difference_has_p_one():
    assert permutation.sign_flip(np.zeros((2, 20))).tolist() == [1.0, 1.0]
    assert permutation.sign_flip(np.zeros((1, 4))).tolist() == [1.0]


@pytest.mark.parametrize("n", [4, 12, 13, 24])
def test_differences_of_one_sign_give_the_smallest_attainable_p(n):
    shares = np.random.default_rng(2).uniform(0.5, 1, (1, n))
    assert permutation.sign_flip(shares)[0] == pytest.approx(permutation.smallest_p(n))


def test_ties_count_as_in_the_tail():
    assert permutation.sign_flip(np.array([[0.1, 0.2, 0.3, 0.0]]))[0] == 0.25


def test_screening_leaves_small_values_exact():
    shares = np.random.default_rng(3).normal(0, 1, (200, 15)) + np.linspace(0, 1.5, 200)[:, None]
    exact, screened = permutation.sign_flip(shares), permutation.sign_flip(shares, screen=True)
    small = exact <= 0.1
    assert small.sum() > 50
    assert (screened[small] == exact[small]).all()
    assert (screened[~small] > 0.06).all()


def test_thousands_of_tests_are_as_good_as_counted():
    shares = np.random.default_rng(6).normal(0.9, 1, (3500, 16))
    exact, quick = permutation.sign_flip(shares[:50]), permutation.sign_flip(shares, screen=True)[:50]
    middle = (exact > 0.002) & (exact < 0.1)
    assert middle.sum() > 20
    assert np.abs(np.log2(quick[middle] / exact[middle])).max() < 1.5
    assert quick.min() >= permutation.smallest_p(16)


def test_the_pooled_test_is_that_of_swapping_speakers_and_recomputing():
    first, second = drawn(6, skill=0.8, seed=1, one_fold=True), drawn(6, seed=2, one_fold=True)
    one, two, truth = by_speaker(first), by_speaker(second), first.truth
    observed = balanced_accuracy_score(truth, one.ravel()) - balanced_accuracy_score(truth, two.ravel())
    extreme = 0
    for swaps in range(2**6):
        swap = np.array([swaps >> i & 1 for i in range(6)], dtype=bool)[:, None]
        a, b = np.where(swap, two, one).ravel(), np.where(swap, one, two).ravel()
        extreme += abs(balanced_accuracy_score(truth, a) - balanced_accuracy_score(truth, b)) >= abs(observed) - 1e-12
    found = comparison.compare(sample([first], "pooled", stochastic=False), sample([second], "pooled"))
    assert found.p_speakers == pytest.approx(extreme / 2**6)


# --- comparisons ---


def seeds_of(skills, **kwargs):
    runs = [
        drawn(10, n=30, skill=skill, seed=10 * i + kwargs.get("seed", 0), one_fold=True)
        for i, skill in enumerate(skills)
    ]
    return sample(runs, "pooled")


def test_a_method_is_told_apart_by_speakers_where_each_has_a_model():
    found = comparison.compare(sample([drawn(skill=0.9, seed=1)], "mean"), sample([drawn(skill=0.4)], "mean"))
    assert found.about_methods
    assert found.significant()
    assert found.p_seeds is None
    assert found.smallest_p == 2**-7
    assert found.effect.low > 0


def test_one_seed_of_a_shared_stochastic_model_says_nothing_of_methods():
    found = comparison.compare(seeds_of([0.9]), seeds_of([0.3], seed=1))
    assert found.p_speakers < 0.01
    assert not found.about_methods
    assert not found.significant()


def test_a_shared_model_without_chance_is_told_apart_by_one_run():
    first, second = (
        sample([drawn(10, skill=skill, seed=seed, one_fold=True)], "pooled", stochastic=False)
        for seed, skill in enumerate((0.9, 0.4))
    )
    assert comparison.compare(first, second).significant()


def test_seeds_that_overlap_give_no_verdict_however_many_speakers_agree():
    found = comparison.compare(seeds_of([0.9, 0.9, 0.9, 0.9, 0.4]), seeds_of([0.9, 0.4, 0.4, 0.9, 0.4], seed=1))
    assert found.about_methods
    assert found.p_speakers < 0.05 < found.p_seeds
    assert found.p == max(found.p_speakers, found.p_seeds, found.p_both)
    assert not found.significant()


def test_seeds_that_agree_give_a_verdict():
    assert comparison.compare(seeds_of([0.8] * 5), seeds_of([0.5] * 5, seed=1)).significant()


def test_seeds_are_tested_by_welch():
    first, second = seeds_of([0.7, 0.8, 0.75, 0.7, 0.8]), seeds_of([0.5, 0.6, 0.5, 0.7, 0.6], seed=1)
    expected = scipy_stats.ttest_ind(first.seed_values, second.seed_values, equal_var=False).pvalue
    assert comparison.compare(first, second).p_seeds == pytest.approx(expected)


def test_seeds_of_one_method_give_no_verdict_of_difference():
    found = comparison.compare(sample([drawn(seed=1)], "mean"), sample([drawn(seed=2)], "mean"))
    assert not found.significant()


def test_a_method_against_itself_has_no_effect():
    one = sample([drawn()], "mean")
    found = comparison.compare(one, one)
    assert (found.effect.value, found.p) == (0, 1)


def test_samples_of_other_speakers_are_refused():
    with pytest.raises(ResultsError, match="scored on different speakers"):
        comparison.compare(sample([drawn(4)], "mean"), sample([drawn(5)], "mean"))


def test_all_pairs_are_the_single_comparisons():
    samples = [seeds_of([skill] * 5, seed=i) for i, skill in enumerate((0.5, 0.55, 0.8))]
    pairs = comparison.compare_all(samples)
    single = [comparison.compare(samples[i], samples[j]) for i, j in zip(pairs.first, pairs.second, strict=True)]
    assert pairs.p == pytest.approx([found.p for found in single])
    assert pairs.effect == pytest.approx([found.effect.value for found in single])


def test_a_shared_luck_of_seeds_makes_at_most_5_of_100_false_verdicts():
    """Two methods that are alike, five seeds each; a seed lifts or lowers all speakers. 500 repeats err by 0.01."""
    rng = np.random.default_rng(5)
    alone = verdicts = 0
    for repeat in range(500):
        lucks = rng.normal(0.6, 0.08, (2, 5))
        first, second = (seeds_of(luck, seed=1000 * repeat + 100 * i) for i, luck in enumerate(lucks))
        found = comparison.compare(first, second)
        alone += found.p_speakers <= 0.05
        verdicts += found.significant()
    assert alone / 500 > 0.15
    assert verdicts / 500 <= 0.065


# --- families ---


def test_holm_has_the_values_computed_by_hand():
    assert families.holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert families.holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert families.holm([]).tolist() == []


def test_a_rank_is_one_more_than_the_number_of_significantly_better_methods():
    skills = (0.95, 0.94, 0.6, 0.3)
    samples = [sample([drawn(16, n=30, skill=s, seed=i)], "mean") for i, s in enumerate(skills)]
    assert families.ranks(samples) == [1, 1, 3, 4]


def test_single_seeds_of_shared_models_all_rank_first():
    assert families.ranks([seeds_of([0.9]), seeds_of([0.3], seed=1)]) == [1, 1]


def test_one_method_alone_ranks_first():
    assert families.ranks([sample([drawn()], "mean")]) == [1]
