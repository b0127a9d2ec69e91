"""Files name who does not train where nearly everybody does; hashes are of the whole card."""

import json

import pytest

from sabench.errors import PlanError
from sabench.hashing import canonical, digest
from sabench.protocols.compact import ALL_BUT, TRAINING, compact, whole

NAMES = [f"speaker-{number:03d}" for number in range(40)]


def card(leave_out: int = 2) -> dict:
    folds = [
        {
            "name": name,
            "train": [other for other in NAMES if other not in (NAMES * 2)[at : at + leave_out]],
            "validation": (NAMES * 2)[at + 1 : at + leave_out],
            "test": [name],
        }
        for at, name in enumerate(NAMES)
    ]
    return {"dataset": "tones", "folds": folds, "speakers": {}}


def test_a_card_comes_back_whole_with_its_hash():
    packed = compact(card())
    assert packed["folds"][0]["train"] == {ALL_BUT: NAMES[:2]}
    assert len(canonical(packed)) < len(canonical(card())) / 4
    back = whole(json.loads(json.dumps(packed)))
    assert back == card()
    assert list(back) == list(card())
    assert digest(back) == digest(card())


def test_grows_with_folds_and_not_with_their_square():
    sizes = []
    for n in (100, 400):
        names = [str(1000 + number) for number in range(n)]
        folds = [{"name": x, "train": [y for y in names if y != x], "validation": [], "test": [x]} for x in names]
        sizes.append(len(canonical(compact({"folds": folds}))))
    assert sizes[1] < 4.2 * sizes[0]


@pytest.mark.parametrize("leave_out", [30, 40])
def test_where_most_are_left_out_the_card_stays_as_it_is(leave_out):
    assert compact(card(leave_out)) == card(leave_out)
    assert whole(card(leave_out)) == card(leave_out)


def test_an_order_that_would_not_come_back_stays():
    unsorted = card()
    unsorted["folds"][3]["train"].reverse()
    assert compact(unsorted) == unsorted


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (TRAINING, "speaker-000", "is no list of names"),
        (TRAINING, [1, 2], "is no list of names"),
        ("folds", None, "its folds are no list"),
        ("folds", ["x"], "who of 'training_speakers' does not train"),
        ("folds", [{"train": NAMES}], "who of 'training_speakers' does not train"),
        ("folds", [{"train": {ALL_BUT: [], "more": 1}}], "who of 'training_speakers' does not train"),
        ("folds", [{"train": {ALL_BUT: ["stranger"]}}], "'stranger', who is not in 'training_speakers'"),
        ("folds", [{"train": {ALL_BUT: {"a": 1}}}], "is no list of names"),
    ],
)
def test_what_is_never_written_is_refused(key, value, told):
    with pytest.raises(ValueError, match=told):
        whole({**compact(card()), key: value})


def leave_one_out(speakers: int, letters: int = 12) -> dict:
    """A whole card, each fold of which leaves one speaker out."""
    names = [f"{number:0{letters}d}" for number in range(speakers)]
    folds = [{"name": x, "train": names[:at] + names[at + 1 :], "test": [x]} for at, x in enumerate(names)]
    return {"folds": folds}


def test_one_speaker_out_of_1500_comes_back():
    assert whole(json.loads(json.dumps(compact(leave_one_out(1500))))) == leave_one_out(1500)


def test_more_folds_than_can_be_read_back_are_refused_when_they_are_written():
    with pytest.raises(PlanError, match=r"^200 folds that train on nearly all of 200 speakers .* speaker-kfold:10\.$"):
        compact(leave_one_out(200, letters=4000))


@pytest.mark.parametrize(("speakers", "letters"), [(2, 20_000), (4000, 1), (40, 100_000)])
def test_few_bytes_do_not_stand_for_more_names_than_any_corpus_has(speakers, letters):
    training = [f"{number:0{letters}d}" for number in range(speakers)]
    folds = [{"name": "x", "train": {ALL_BUT: []}}] * 4000
    with pytest.raises(ValueError, match="more speakers together than results can hold"):
        whole({"folds": folds, TRAINING: training})
