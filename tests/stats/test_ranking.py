from made_predictions import drawn, seeds_of

from sabench.stats.ranking import ranks
from sabench.stats.sample import sample


def test_the_best_rank_counts_better_methods_and_the_worst_rank_leaves_out_worse_ones():
    skills = (0.95, 0.94, 0.6, 0.3)
    samples = [sample([drawn(16, n=30, skill=s, seed=i)], pooled=False) for i, s in enumerate(skills)]
    assert ranks(samples) == [(1, 2), (1, 2), (3, 3), (4, 4)]


def test_methods_that_cannot_be_told_apart_have_all_ranks_open():
    assert ranks([sample([drawn(seed=i)], pooled=False) for i in range(3)]) == [(1, 3)] * 3


def test_single_seeds_of_shared_models_have_no_rank():
    assert ranks([seeds_of([0.9]), seeds_of([0.3], seed=1)]) == [None, None]
    samples = [seeds_of([0.9]), seeds_of([0.8] * 5, seed=1), seeds_of([0.3] * 5, seed=2)]
    assert ranks(samples) == [None, (1, 1), (2, 2)]


def test_a_pair_that_is_decided_elsewhere_is_ranked_by_that_decision():
    samples = [sample([drawn(16, skill=s, seed=i)], pooled=False) for i, s in enumerate((0.9, 0.5, 0.9))]
    assert ranks(samples[:2]) == [(1, 1), (2, 2)]
    assert ranks(samples[:2], decided={(1, 0): False}) == [(1, 2), (1, 2)]
    assert ranks(samples, decided={(1, 0): False}) == [(1, 3), (2, 3), (1, 2)]


def test_one_method_alone_ranks_first():
    assert ranks([sample([drawn()], pooled=False)]) == [(1, 1)]
    assert ranks([]) == []
