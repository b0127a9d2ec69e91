import numpy as np
import pytest
from fit_context import context
from made_speakers import view

from sabench import Enrolment, Utterances
from sabench_plugins.adapters.similar_speakers import SimilarSpeakers
from sabench_plugins.unlabelled.likeness import SpeakerMeans

STRATEGIES = ("weighting", "oversampling", "unique-speaker")


def two_kinds_of_speakers(per_class: int = 12, seed: int = 0) -> Utterances:
    """Six speakers; in the last two, who sound otherwise, the classes lie the other way round."""
    rng = np.random.default_rng(seed)
    arrays, y, names = [], [], []
    for number in range(6):
        sign, level = (1.0, 0.3) if number < 4 else (-1.0, -0.3)
        for label in (0, 1):
            for _ in range(per_class):
                arrays.append([sign * (2 * label - 1) + rng.normal(0, 0.3), level + rng.normal(0, 0.2)])
                y.append(label)
                names.append(f"s{number}")
    labels = np.array(y)
    return Utterances(view(*arrays), labels, np.array(names), labels == 0, ("calm", "loud"))


def hits(adapter: SimilarSpeakers, heard, of: Utterances) -> float:
    said = adapter.enrol(Enrolment(unlabelled=heard)).predict_proba(of.features).argmax(axis=1)
    return float((said == of.y).mean())


def test_the_nearest_speaker_comes_first():
    train = two_kinds_of_speakers()
    means = SpeakerMeans.of(train)
    assert means.nearest(train.features.take(train.rows_of["s4"]), 2) == ("s4", "s5")
    assert means.nearest(train.features[:0], 2) == ()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_speakers_who_sound_alike_tell_how_a_target_speaks(strategy):
    of = two_kinds_of_speakers(seed=3)
    own = of.take(of.rows_of["s5"])
    adapter = SimilarSpeakers(classifier="logreg", strategy=strategy, speakers=2, strength=20)
    adapter.fit(two_kinds_of_speakers(), [], context=context())
    assert hits(adapter, own.features, own) > 0.9
    assert hits(adapter, own.features[:0], own) < 0.5


@pytest.mark.parametrize("strategy", ["weighting", "oversampling"])
def test_at_strength_one_nothing_changes(strategy):
    train = two_kinds_of_speakers()
    adapter = SimilarSpeakers(strategy=strategy, strength=1)
    adapter.fit(train, [], context=context())
    one, other = (
        adapter.enrol(Enrolment(unlabelled=heard)).predict_proba(train.features)
        for heard in (train.features[:5], train.features[:0])
    )
    assert np.array_equal(one, other)


def test_oversampling_counts_an_utterance_as_often_as_copies_of_it():
    train = two_kinds_of_speakers()
    adapter = SimilarSpeakers(strategy="oversampling", speakers=2, strength=3)
    adapter.fit(train, [], context=context())
    weight = adapter._weight_of_speakers(("s4", "s5", "s0", "s1", "s2", "s3"))
    assert weight == {"s4": 3, "s5": 3, "s0": 1, "s1": 1, "s2": 1, "s3": 1}


def test_weights_fade_with_likeness():
    adapter = SimilarSpeakers(strategy="weighting", speakers=2, strength=3)
    adapter.fit(two_kinds_of_speakers(), [], context=context())
    weight = adapter._weight_of_speakers(("s4", "s5", "s0", "s1", "s2", "s3"))
    assert [weight[name] for name in ("s4", "s5", "s0")] == [3, 2, 1]


def test_where_the_unique_speaker_lacks_a_class_more_take_part():
    train = two_kinds_of_speakers()
    keep = ~((train.speaker == "s4") & (train.y == 1))
    adapter = SimilarSpeakers(strategy="unique-speaker", speakers=1)
    adapter.fit(train.take(keep), [], context=context())
    weight = adapter._weight_of_speakers(("s4", "s5", "s0", "s1", "s2", "s3"))
    assert [name for name, value in weight.items() if value] == ["s4", "s5"]
