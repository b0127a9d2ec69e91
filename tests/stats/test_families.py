import numpy as np
import pytest
from made_predictions import drawn

from sabench.stats.comparison import compare_family
from sabench.stats.families import holm, repeats
from sabench.stats.sample import sample


def test_holm_has_the_values_computed_by_hand():
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_the_level_of_each_comparison_says_what_its_corrected_p_says():
    rng = np.random.default_rng(8)
    for size in (1, 2, 5, 20):
        p = rng.integers(1, 8000, size) / 100_000
        assert ((holm(p) <= 0.05) == (p * repeats(p) <= 0.05)).all()


def family(skills, n_speakers=10):
    samples = [sample([drawn(n_speakers, skill=skill, seed=i)], pooled=False) for i, skill in enumerate(skills)]
    return [(sample, samples[0]) for sample in samples[1:]]


def test_a_family_is_corrected_by_holm():
    found = compare_family(family((0.5, 0.75, 0.8, 0.55)))
    assert [one.p_corrected for one in found] == holm([one.p for one in found]).tolist()
    assert {one.family for one in found} == {3}
    alone = compare_family(family((0.5, 0.75)))[0]
    assert (alone.p_corrected, alone.family, alone.confidence) == (alone.p, 1, 0.95)


def test_the_intervals_of_a_family_agree_with_its_corrected_p():
    rng = np.random.default_rng(9)
    decisions = []
    for _ in range(40):
        for one in compare_family(family(rng.uniform(0.4, 0.8, 5))):
            decisions.append(one.rejected)
            assert one.rejected == (not one.effect.low <= 0 <= one.effect.high)
    assert 20 < sum(decisions) < 120
