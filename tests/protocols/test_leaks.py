import pandas as pd
import pytest

from sabench import LeakageError
from sabench.protocols.folds import Fold, PoolRule, Target
from sabench.protocols.leaks import refuse
from sabench.protocols.rows import CorpusRows

IDS = ("a1", "a2", "b1", "b2", "c1", "c2")
FOLD = Fold("f", ("a1", "a2"), (Target("b", ("b1", "b2")),), (Target("c", ("c2",), neutral=("c1",)),))


def check(fold=FOLD, *, rule=None, same_audio=(), speakers=None, overlap=()):
    digest_of = {name: f"digest of {name}" for name in IDS}
    for one, other in same_audio:
        digest_of[other] = digest_of[one]
    speaker_of = {name: name[0] for name in IDS} | (speakers or {})
    table = pd.DataFrame({"id": IDS, "speaker": [speaker_of[i] for i in IDS], "digest": [digest_of[i] for i in IDS]})
    sharers = {one: {other} for pair in overlap for one, other in (pair, pair[::-1])}
    refuse(fold, rule or PoolRule(), CorpusRows.of(table), sharers)


def replaced(**changes):
    return Fold(**{"name": "f", "train": FOLD.train, "validation": FOLD.validation, "test": FOLD.test, **changes})


def test_a_clean_fold_passes():
    check()


@pytest.mark.parametrize(
    ("fold", "sides"),
    [
        (replaced(train=("a1", "c1")), "c would be in both training and test"),
        (replaced(train=("a1", "b1")), "b would be in both training and validation"),
        (replaced(validation=(Target("c", ("c1",)),)), "c would be in both validation and test"),
    ],
)
def test_a_speaker_on_two_sides_is_refused(fold, sides):
    with pytest.raises(LeakageError, match=f"Fold f: {sides}. A speaker belongs to one side; correct the partition"):
        check(fold)


@pytest.mark.parametrize("pair", [("a1", "c2"), ("a2", "b1"), ("b1", "c1")])
def test_identical_audio_on_two_sides_is_refused_even_where_it_is_only_enrolled(pair):
    with pytest.raises(LeakageError, match=rf"identical audio in .* \({pair[0]} = {pair[1]}\). Remove one"):
        check(same_audio=[pair])


def test_identical_audio_on_one_side_is_no_leak():
    check(same_audio=[("a1", "a2"), ("b1", "b2")])


def test_an_unused_utterance_of_a_target_still_counts_as_its_side():
    with pytest.raises(LeakageError, match=r"a1 = c1"):
        check(replaced(test=(Target("c", ("c2",)),)), same_audio=[("a1", "c1")])


def test_enrolment_inside_the_scored_set_is_refused():
    fold = replaced(test=(Target("c", ("c1", "c2"), neutral=("c1",)),))
    with pytest.raises(LeakageError, match=r"enrolment utterances of c would be scored \(c1\). Reserve them"):
        check(fold)


def test_scored_audio_identical_to_enrolment_is_refused():
    with pytest.raises(LeakageError, match=r"enrolment utterances of c would be scored \(c2\)"):
        check(same_audio=[("c1", "c2")])


@pytest.mark.parametrize("kind", ["unlabelled", "labelled"])
def test_every_kind_of_pool_is_looked_at(kind):
    fold = replaced(validation=(Target("b", ("b1", "b2"), **{kind: ("b2",)}),))
    with pytest.raises(LeakageError, match=r"of b would be scored \(b2\)"):
        check(fold)


def test_the_option_allows_the_pool_to_be_scored():
    fold = replaced(test=(Target("c", ("c1", "c2"), neutral=("c1",)),))
    check(fold, rule=PoolRule(scored_too=True))


def test_the_option_allows_nothing_else():
    with pytest.raises(LeakageError, match="identical audio"):
        check(rule=PoolRule(scored_too=True), same_audio=[("a1", "c1")])


@pytest.mark.parametrize(
    ("pair", "sides"),
    [
        (("a1", "c1"), "training and test"),
        (("a1", "b2"), "training and validation"),
        (("b1", "c2"), "validation and test"),
        (("c1", "c2"), "enrolment and the scored set"),
    ],
)
def test_segments_that_overlap_on_two_sides_are_refused(pair, sides):
    with pytest.raises(LeakageError, match=f"Fold f: segments of one recording overlap between {sides}"):
        check(overlap=[pair])


def test_segments_that_overlap_on_one_side_are_no_leak():
    check(overlap=[("a1", "a2"), ("b1", "b2")])
