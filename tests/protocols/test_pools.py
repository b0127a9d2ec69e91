import pandas as pd
import pytest

from sabench import ALL, Access, Draw
from sabench.hashing import shuffled
from sabench.protocols.draws import Drawn, effective_access, lacking, take
from sabench.protocols.folds import PoolRule, Target
from sabench.protocols.pools import reserve

SPEAKER = "s"


def utterances(**n_per_label):
    """A speaker's table: labels in the order given, ids like neutral_0."""
    labels = [label for label, n in n_per_label.items() for _ in range(n)]
    numbers = [i for n in n_per_label.values() for i in range(n)]
    ids = [f"{label}_{i}" for label, i in zip(labels, numbers, strict=True)]
    neutral = [label == "neutral" for label in labels]
    return pd.DataFrame({"id": ids, "label": labels, "neutral": neutral, "digest": ids})


def reserved(table, **rule):
    target, short = reserve(table, SPEAKER, PoolRule(**{"neutral": 0, **rule}))
    return target, [str(s) for s in short]


TARGET = Target(SPEAKER, scored=("c", "d", "e"), neutral=("n0", "n1", "n2"), unlabelled=("u0", "u1"), labelled=("l0",))


def test_by_default_the_first_neutral_utterance_in_corpus_order_is_reserved_and_nothing_else():
    target, short = reserve(utterances(angry=2, neutral=4), SPEAKER, PoolRule())
    assert target.neutral == ("neutral_0",)
    assert target.scored == ("angry_0", "angry_1", "neutral_1", "neutral_2", "neutral_3")
    assert (target.unlabelled, target.labelled, short) == ((), (), [])


def test_a_pool_of_nothing_scores_everything():
    table = utterances(angry=2, neutral=2)
    target, short = reserved(table)
    assert target == Target(SPEAKER, tuple(table["id"]))
    assert short == []


@pytest.mark.parametrize(("n_neutral", "taken"), [(1, 0), (2, 1), (5, 2), (6, 3)])
def test_never_more_than_half_of_the_neutral_utterances_are_reserved(n_neutral, taken):
    target, short = reserved(utterances(neutral=n_neutral, sad=3), neutral=5)
    assert target.neutral == tuple(f"neutral_{i}" for i in range(taken))
    assert short == [f"s supplies {taken} of 5 neutral"]


def test_the_half_counts_over_all_pools_together():
    target, _ = reserved(utterances(neutral=4, sad=1), neutral=1, unlabelled=4, labelled=4)
    pools = {*target.neutral, *target.unlabelled, *target.labelled}
    assert sum(name.startswith("neutral") for name in pools) == 2


@pytest.mark.parametrize("kind", ["unlabelled", "labelled"])
def test_the_last_scored_utterance_of_a_class_is_never_reserved(kind):
    target, short = reserved(utterances(angry=1, sad=2, neutral=2), **{kind: 5})
    assert {name.partition("_")[0] for name in target.scored} == {"angry", "sad", "neutral"}
    assert short == [f"s supplies 2 of 5 {kind}"]


@pytest.mark.parametrize("kind", ["neutral", "unlabelled", "labelled"])
def test_an_utterance_with_a_copy_is_scored_rather_than_enrolled(kind):
    table = utterances(angry=2, neutral=6)
    table["digest"] = table["digest"].replace("neutral_0", "neutral_1")
    target, _ = reserved(table, **{kind: 8})
    assert {"neutral_0", "neutral_1"} <= {*target.scored}
    assert "neutral_2" in getattr(target, kind) or kind != "neutral"


def test_a_pool_that_is_scored_too_may_hold_copies():
    table = utterances(angry=2, neutral=6).assign(digest="the same")
    assert len(reserved(table, neutral=6, scored_too=True)[0].neutral) == 6


def test_a_lone_neutral_utterance_is_scored_rather_than_enrolled():
    target, _ = reserved(utterances(neutral=1, sad=1), neutral=1)
    assert target.scored == ("neutral_0", "sad_0")


def test_neutral_utterances_follow_the_corpus_and_not_the_label():
    table = utterances(calm=3, angry=3)
    table["neutral"] = table["label"] == "calm"
    assert reserved(table, neutral=1)[0].neutral == ("calm_0",)


@pytest.mark.parametrize("kind", ["unlabelled", "labelled"])
def test_other_pools_are_blind_to_classes(kind):
    table = utterances(angry=20, sad=20)
    swapped = table.assign(label=table["label"].map({"angry": "sad", "sad": "angry"}))
    assert getattr(reserved(table, **{kind: 6})[0], kind) == getattr(reserved(swapped, **{kind: 6})[0], kind)


def test_other_pools_do_not_depend_on_the_order_of_the_corpus():
    table = utterances(angry=10, sad=10)
    backwards = table.iloc[::-1]
    assert reserved(table, unlabelled=5)[0].unlabelled == reserved(backwards, unlabelled=5)[0].unlabelled


def test_a_larger_pool_holds_the_smaller_one():
    table = utterances(angry=10, sad=10)
    assert reserved(table, unlabelled=8)[0].unlabelled[:5] == reserved(table, unlabelled=5)[0].unlabelled


def test_no_utterance_is_in_two_pools():
    target, _ = reserved(utterances(neutral=8, sad=8), neutral=2, unlabelled=3, labelled=3)
    pools = [*target.neutral, *target.unlabelled, *target.labelled]
    assert len(pools) == len(set(pools)) == 8
    assert not {*pools} & {*target.scored}


def test_a_pool_that_is_scored_too_leaves_the_scored_set_whole():
    table = utterances(neutral=4, sad=1)
    target, _ = reserved(table, neutral=2, scored_too=True)
    assert target.neutral == ("neutral_0", "neutral_1")
    assert target.scored == tuple(table["id"])


def test_a_pool_that_is_scored_too_may_hold_every_neutral_utterance():
    target, short = reserved(utterances(neutral=4, sad=1), neutral=4, scored_too=True)
    assert len(target.neutral) == 4
    assert short == []


# Draws


def test_the_first_draw_takes_as_many_as_the_access_asks_for():
    drawn = take(TARGET, Access(neutral=2, unlabelled=1, labelled=1), Draw())
    assert drawn == Drawn(("n0", "n1"), ("u0",), ("l0",))


def test_the_nth_draw_takes_the_one_at_that_place():
    assert take(TARGET, Access(neutral=1), Draw("nth", 2)).neutral == ("n2",)


def test_behind_the_last_of_a_pool_the_nth_draw_begins_again():
    assert take(TARGET, Access(neutral=1), Draw("nth", 4)).neutral == ("n1",)
    assert take(Target(SPEAKER, ()), Access(neutral=1), Draw("nth", 4)).neutral == ()


def test_random_draws_follow_their_index_alone():
    pool = Target(SPEAKER, (), neutral=tuple(f"n{i}" for i in range(20)))
    draws = [take(pool, Access(neutral=3), Draw("random", index)).neutral for index in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert {*draws[2]} <= {*pool.neutral}


def test_the_zeros_control_draws_the_same_utterances_to_be_zeroed():
    assert take(TARGET, Access(neutral=1), Draw("zeros")) == Drawn(("n0",), stand_in="zeros")


def test_transductive_enrolment_is_everything_of_the_speaker_once():
    drawn = take(TARGET, Access(unlabelled=ALL), Draw())
    assert sorted(drawn.unlabelled) == ["c", "d", "e", "l0", "n0", "n1", "n2", "u0", "u1"]
    assert (drawn.neutral, drawn.labelled) == ((), ())


def test_transductive_enrolment_comes_in_an_order_that_tells_nothing():
    everything = tuple(f"{label}_{i}" for label in ("angry", "sad") for i in range(10))
    drawn = take(Target(SPEAKER, everything[1:], neutral=everything[:1]), Access(unlabelled=ALL), Draw())
    assert list(drawn.unlabelled) == shuffled(everything, "unlabelled")


def test_what_is_not_declared_is_not_drawn():
    assert take(TARGET, Access(), Draw()) == Drawn()


def test_a_size_replaces_the_number_of_utterances_of_the_kind_that_a_method_takes():
    assert effective_access(Access(neutral=1), Draw("first", k=3)) == Access(neutral=3)
    assert effective_access(Access(unlabelled=ALL), Draw("first", k=3)) == Access(unlabelled=3)
    assert effective_access(Access(labelled=5), Draw("first", k=3)) == Access(labelled=3)
    assert effective_access(Access(neutral=2), Draw("first", k=0)) == Access()


@pytest.mark.parametrize(
    ("access", "draw", "words"),
    [
        (Access(neutral=3), Draw(), ""),
        (Access(neutral=4), Draw(), "3 neutral in its pool where 4 are needed (first)"),
        (Access(neutral=1), Draw("nth", 3), "3 neutral in its pool where 1 are needed (nth:3)"),
        (Access(unlabelled=3), Draw(), "2 unlabelled in its pool where 3 are needed (first)"),
        (Access(labelled=2), Draw(), "1 labelled in its pool where 2 are needed (first)"),
        (Access(unlabelled=ALL), Draw(), ""),
    ],
)
def test_what_a_speaker_lacks_is_told_in_words(access, draw, words):
    assert lacking(TARGET, access, draw) == words


def test_an_utterance_that_overlaps_with_another_is_not_reserved():
    table = utterances(angry=2, neutral=5).assign(
        path="a.wav", start_s=[0.0, 1.0, 2.0, 2.5, 4.0, 5.0, 6.0], duration_s=1.0
    )
    target, _ = reserve(table, SPEAKER, PoolRule())
    assert target.neutral == ("neutral_2",)
    assert {"neutral_0", "neutral_1"} <= set(target.scored)
