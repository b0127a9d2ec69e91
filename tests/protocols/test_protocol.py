from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sabench import Corpus, LeakageError, PlanError
from sabench.corpora.loading import fingerprint
from sabench.protocols.folds import PoolRule
from sabench.protocols.protocol import make
from sabench.protocols.splits import challenge, is_pooled, leave_one_session_out, loso, speaker_kfold

LABELS = ("happy", "neutral", "sad")


def utterances(speakers="abcd", per_class=3, labels=LABELS, **columns):
    """Every speaker with so many utterances of every label; columns give a value for each speaker."""
    rows = [(s, label, f"{s}_{label}_{i}") for s in speakers for label in labels for i in range(per_class)]
    table = pd.DataFrame(rows, columns=["speaker", "label", "id"])
    table["neutral"] = table["label"] == "neutral"
    table["digest"] = "digest of " + table["id"]
    for name in ("partition", "session"):
        table[name] = table["speaker"].map(columns[name]) if name in columns else None
    return table.assign(path=table["id"] + ".wav", start_s=0.0, end_s=float("nan"), gender=None)


def corpus(table=None, **changes):
    return replace(Corpus("made", "3class", LABELS, utterances() if table is None else table, Path("/made")), **changes)


def protocol(name="loso", table=None, rule=None, **changes):
    given = corpus(table, **changes)
    return make(given, fingerprint(given), name, rule or PoolRule())


def sides(splits):
    return [(split.name, "".join(split.train), "".join(split.validation), "".join(split.test)) for split in splits]


# LOSO


def test_loso_tests_every_speaker_once_and_the_next_one_validates():
    assert sides(loso(utterances())) == [
        ("a", "cd", "b", "a"),
        ("b", "ad", "c", "b"),
        ("c", "ab", "d", "c"),
        ("d", "bc", "a", "d"),
    ]


def test_loso_lets_the_other_speaker_of_the_session_validate():
    table = utterances(session={"a": "1", "c": "1", "b": "2", "d": "2"})
    assert [(s.name, s.validation) for s in loso(table)] == [("a", ("c",)), ("b", ("d",)), ("c", ("a",)), ("d", ("b",))]


def test_loso_takes_the_next_speaker_where_a_session_has_one_speaker_only():
    table = utterances(session={"a": "1", "b": "2", "c": "3", "d": "4"})
    assert [split.validation for split in loso(table)] == [("b",), ("c",), ("d",), ("a",)]


def test_a_speaker_with_one_class_does_not_validate_and_the_next_one_does():
    table = utterances()
    table = table[(table["speaker"] != "b") | (table["label"] == "sad")]
    assert sides(loso(table))[0] == ("a", "bd", "c", "a")


def test_a_session_partner_with_one_class_does_not_validate():
    table = utterances(session={"a": "1", "b": "1", "c": "2", "d": "2"})
    table = table[(table["speaker"] != "b") | (table["label"] == "sad")]
    assert [split.validation for split in loso(table)][0] == ("c",)


def test_a_speaker_with_one_class_is_still_tested():
    table = utterances()
    table = table[(table["speaker"] != "b") | (table["label"] == "sad")]
    assert [split.test for split in loso(table)] == [("a",), ("b",), ("c",), ("d",)]


def test_loso_needs_three_speakers():
    with pytest.raises(PlanError, match="LOSO needs three speakers .*the corpus has 2"):
        loso(utterances("ab"))


# The others


def test_sessions_are_left_out_one_by_one_and_the_next_validates():
    table = utterances("abcdef", session=dict(zip("abcdef", "112233", strict=True)))
    assert sides(leave_one_session_out(table)) == [
        ("1", "ef", "cd", "ab"),
        ("2", "ab", "ef", "cd"),
        ("3", "cd", "ab", "ef"),
    ]


def test_leaving_sessions_out_needs_sessions():
    with pytest.raises(PlanError, match="needs a session for every utterance.*Use loso"):
        leave_one_session_out(utterances())
    with pytest.raises(PlanError, match="needs three sessions; the corpus has 2"):
        leave_one_session_out(utterances(session=dict(zip("abcd", "1122", strict=True))))


def test_a_speaker_in_two_sessions_is_refused():
    table = utterances("abc", session=dict(zip("abc", "123", strict=True)))
    table.loc[0, "session"] = "2"
    with pytest.raises(LeakageError, match="a would be in both"):
        protocol("leave-one-session-out", table)


def test_the_challenge_follows_the_partition_of_the_corpus():
    table = utterances(partition=dict(zip("abcd", ("train", "test", "validation", "train"), strict=True)))
    assert sides(challenge(table)) == [("challenge", "ad", "c", "b")]


def test_the_challenge_needs_a_partition():
    with pytest.raises(PlanError, match="needs a corpus with a train and a test partition.*--protocol loso"):
        challenge(utterances())


def test_a_table_whose_speakers_are_on_both_sides_of_its_own_partition_is_refused():
    table = utterances("ab")
    table["partition"] = ["train", "test"] * (len(table) // 2)
    with pytest.raises(LeakageError, match="a, b would be in both training and test.*correct the partition"):
        protocol("challenge", table)


def test_k_fold_tests_every_speaker_once_in_groups_of_nearly_one_size():
    splits = speaker_kfold(utterances("abcdefgh", per_class=1), k=3)
    tested = [name for split in splits for name in split.test]
    assert sorted(tested) == list("abcdefgh")
    assert sorted(len(split.test) for split in splits) == [2, 3, 3]
    assert all(set("abcdefgh") == {*s.train, *s.validation, *s.test} for s in splits)
    assert [split.validation for split in splits] == [splits[1].test, splits[2].test, splits[0].test]


@pytest.mark.parametrize("k", [2, 5])
def test_k_fold_needs_three_groups_and_no_more_than_speakers(k):
    with pytest.raises(PlanError, match=f"speaker-kfold:{k} needs between 3 and 4 groups for 4 speakers"):
        speaker_kfold(utterances(), k=k)


def test_k_fold_groups_do_not_follow_the_order_of_names():
    groups = [split.test for split in speaker_kfold(utterances("abcdefghi", per_class=1), k=3)]
    assert groups != [("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i")]


def test_an_unknown_protocol_gets_a_hint():
    with pytest.raises(PlanError, match=r"Unknown protocol 'losso'. Did you mean 'loso'\? There are: loso, leave-one"):
        protocol("losso")


@pytest.mark.parametrize("name", ["loso:3", "speaker-kfold:", "speaker-kfold:x", ""])
def test_a_number_that_is_none_is_an_unknown_protocol(name):
    with pytest.raises(PlanError, match="Unknown protocol"):
        protocol(name)


def test_the_primary_score_pools_where_a_fold_has_many_speakers():
    assert [is_pooled(name) for name in ("loso", "leave-one-session-out", "challenge", "speaker-kfold:3")] == [
        False,
        False,
        True,
        True,
    ]


# Whole protocols


@pytest.mark.parametrize("name", ["loso", "leave-one-session-out", "challenge", "speaker-kfold:3"])
def test_no_speaker_is_on_two_sides_and_no_pool_is_scored(name):
    table = utterances(
        "abcdef",
        session=dict(zip("abcdef", "112233", strict=True)),
        partition=dict(zip("abcdef", ("train", "train", "train", "validation", "test", "test"), strict=True)),
    )
    speaker_of = dict(zip(table["id"], table["speaker"], strict=True))
    for fold in protocol(name, table, PoolRule(1, 2, 2)).folds:
        train = {speaker_of[i] for i in fold.train}
        validation, test = ({t.speaker for t in targets} for targets in (fold.validation, fold.test))
        assert not train & validation
        assert not train & test
        assert not validation & test
        for target in (*fold.validation, *fold.test):
            assert not {*target.scored} & {*target.neutral, *target.unlabelled, *target.labelled}
            assert {speaker_of[i] for i in target.scored} == {target.speaker}


def test_training_speakers_keep_their_pools():
    fold = protocol().folds[0]
    assert len(fold.train) == 2 * 9


def test_every_speaker_has_one_pool_in_whichever_fold():
    folds = protocol(rule=PoolRule(1, 2)).folds
    targets = [target for fold in folds for target in (*fold.validation, *fold.test)]
    assert len({target.speaker: target for target in targets}) == len(set(targets)) == 4


def test_a_shortfall_is_reported():
    made = protocol(rule=PoolRule(neutral=2))
    assert [str(short) for short in made.shortfalls] == [f"{s} supplies 1 of 2 neutral" for s in "abcd"]


def test_speakers_who_only_train_fall_short_of_nothing():
    partition = {"a": "train", "b": "train", "c": "validation", "d": "test"}
    made = protocol("challenge", utterances(partition=partition), PoolRule(neutral=2))
    assert [short.speaker for short in made.shortfalls] == ["c", "d"]


def test_a_copy_within_one_speaker_forbids_no_pool():
    table = utterances()
    table["digest"] = table["digest"].replace("digest of a_sad_0", "digest of a_sad_1")
    for n in range(1, 7):
        pools = protocol("loso", table, PoolRule(unlabelled=n, labelled=n)).card["speakers"]["a"]
        assert not {"a_sad_0", "a_sad_1"} & {*pools["unlabelled"], *pools["labelled"]}


def without_neutral(speaker):
    table = utterances()
    return table[(table["speaker"] != speaker) | ~table["neutral"]].reset_index(drop=True)


def test_speakers_who_cannot_supply_the_pool_can_be_dropped_for_all_methods():
    made = protocol("loso", without_neutral("b"), PoolRule(require=True))
    held_out = [[t.speaker for t in (*fold.validation, *fold.test)] for fold in made.folds]
    assert held_out == [["c", "a"], ["d", "c"], ["a", "d"]]
    assert "b_sad_0" in made.folds[0].train


def test_dropping_all_speakers_is_an_error():
    with pytest.raises(PlanError, match="leaves no speaker to score. Reserve a smaller pool"):
        protocol(rule=PoolRule(neutral=5, require=True))


# The card and its hash


def test_the_hash_is_that_of_the_card():
    from sabench.hashing import digest

    made = protocol()
    assert made.hash == digest(made.card)


def test_the_card_tells_folds_pools_and_scored_ids():
    card = protocol(table=utterances(partition=dict.fromkeys("abcd", None))).card
    assert card["folds"][0] == {"name": "a", "train": ["c", "d"], "validation": ["b"], "test": ["a"]}
    assert card["speakers"]["a"]["neutral"] == ["a_neutral_0"]
    assert "a_neutral_0" not in card["speakers"]["a"]["scored"]
    assert len(card["speakers"]["a"]["scored"]) == 8


def test_paths_do_not_change_the_hash():
    moved = utterances()
    moved["path"] = "/elsewhere/" + moved["path"]
    assert protocol(table=moved, root=Path("/elsewhere")).hash == protocol().hash


@pytest.mark.parametrize(
    "change",
    [
        {"rule": PoolRule(neutral=0)},
        {"rule": PoolRule(unlabelled=1)},
        {"rule": PoolRule(scored_too=True)},
        {"name": "speaker-kfold:3"},
        {"dataset": "other"},
        {"task": "other"},
        {"simulation": {"seed": 0}},
        {"notes": ("Neutral comes from elsewhere.",)},
        {"table": utterances("abcde")},
        {"table": utterances(session=dict(zip("abcd", "1122", strict=True)))},
        {"table": utterances().assign(neutral=False)},
        {"table": utterances().assign(digest="d" + utterances()["digest"])},
    ],
)
def test_whatever_changes_what_is_compared_changes_the_hash(change):
    assert protocol(**change).hash != protocol().hash


def test_the_neutral_utterances_of_training_speakers_are_part_of_the_hash():
    sides = dict(zip("abcd", ("train", "train", "validation", "test"), strict=True))
    table = utterances(partition=sides)
    other = table.copy()
    other.loc[other["id"] == "a_neutral_0", "neutral"] = False
    assert protocol("challenge", table).hash != protocol("challenge", other).hash


def test_a_k_fold_of_the_default_size_has_one_hash():
    table = utterances("abcdef")
    assert protocol("speaker-kfold", table).hash == protocol("speaker-kfold:5", table).hash
