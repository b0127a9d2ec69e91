from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sabench import Corpus, DatasetError, Fault, PlanError
from sabench.corpora.common_labels import common, sentences
from sabench.corpora.joined import joined
from sabench.corpora.loading import fingerprint
from sabench.protocols.folds import PoolRule
from sabench.protocols.protocol import make


def corpus(name, labels, speakers="ab", **changes):
    rows = [(f"{s}_{label}_{i}", s, label) for s in speakers for label in labels for i in range(2)]
    table = pd.DataFrame(rows, columns=["id", "speaker", "label"])
    table["neutral"] = table["label"].str.startswith("neu")
    table["digest"] = f"digest of {name} " + table["id"]
    table["text"] = "one"
    table = table.assign(path=table["id"] + ".wav", start_s=0.0, end_s=float("nan"), gender=None, partition=None)
    return replace(Corpus(name, "all", tuple(labels), table.assign(session=None), Path("/made")), **changes)


BERLIN = corpus("berlin", ("anger", "boredom", "joy", "neutral"), "pqrs")
TORONTO = corpus("toronto", ("angry", "happy", "neutral", "sad"))
BOTH = common((TORONTO, BERLIN))


def test_what_corpora_call_by_several_names_is_one_class():
    assert BOTH == {
        "toronto": {"angry": "anger", "happy": "happiness", "neutral": "neutral"},
        "berlin": {"anger": "anger", "joy": "happiness", "neutral": "neutral"},
    }
    assert sentences(BOTH, (TORONTO, BERLIN)) == [
        "Class 'anger' is toronto 'angry', berlin 'anger'.",
        "Class 'happiness' is toronto 'happy', berlin 'joy'.",
        "Class 'neutral' is toronto 'neutral', berlin 'neutral'.",
        "Left out: toronto 'sad', berlin 'boredom'.",
    ]


def test_a_file_says_what_is_the_same_before_the_words_that_are_known(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("dataset,label,class\nberlin,boredom,sadness\nberlin,anger,\n")
    assert common((TORONTO, BERLIN), path) == {
        "toronto": {"happy": "happiness", "neutral": "neutral", "sad": "sadness"},
        "berlin": {"boredom": "sadness", "joy": "happiness", "neutral": "neutral"},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset,label\nberlin,joy\n", "has dataset, label; expected the columns dataset, label, class"),
        ("dataset,label,class\nberlin,happy,joy\n", "labels that these corpora do not have: berlin 'happy'"),
        ("", "has no row"),
    ],
)
def test_a_file_of_labels_that_cannot_be_used_is_told(tmp_path, text, words):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=words):
        common((TORONTO, BERLIN), path)


def test_corpora_without_common_classes_are_refused_with_both():
    other = corpus("binary", ("IDL", "NEG"))
    with pytest.raises(DatasetError, match=r"0 classes in common; two are needed \(toronto: angry.*binary: IDL, NEG\)"):
        common((TORONTO, other))


def test_the_target_keeps_its_names_and_the_others_get_theirs_in_front():
    one = joined(TORONTO, [BERLIN], BOTH)
    assert one.classes == ("anger", "happiness", "neutral")
    assert set(one.table.loc[one.table["partition"] == "test", "speaker"]) == {"a", "b"}
    assert set(one.table.loc[one.table["partition"] == "train", "speaker"]) == {f"berlin:{s}" for s in "pqrs"}
    assert "berlin:p_joy_0" in set(one.table["id"])
    assert set(one.table["label"]) == set(one.classes)
    assert one.notes[0] == "Trained on berlin all (24 utterances), tested on toronto."


def test_another_rate_of_a_training_corpus_is_a_note():
    other = replace(TORONTO, table=TORONTO.table.assign(sampling_rate=48_000))
    (note,) = [note for note in joined(BERLIN, [other], BOTH).notes if "Resampled" in note]
    assert note.startswith("Resampled from 48000 Hz")


def test_faults_of_all_are_told_with_their_corpus():
    faulty = replace(BERLIN, faults=(Fault("is short"),))
    assert [str(fault) for fault in joined(TORONTO, [faulty], BOTH).faults] == ["berlin: is short"]


def test_a_corpus_is_not_both_trained_on_and_tested():
    with pytest.raises(DatasetError, match="toronto is trained on and tested, or named twice"):
        joined(TORONTO, [replace(TORONTO)], common((TORONTO,)))


def made(target, *others):
    corpora = (target, *others)
    whole = joined(target, others, common(corpora))
    return make(whole, fingerprint(whole), f"train-on:{'+'.join(sorted(c.dataset for c in others))}", PoolRule())


def test_all_of_the_target_is_tested_and_a_fifth_of_the_other_speakers_validates():
    (fold,) = made(TORONTO, BERLIN).folds
    assert {target.speaker for target in fold.test} == {"a", "b"}
    assert len(fold.validation) == 1
    assert {name.partition("_")[0] for name in fold.train} | {fold.validation[0].speaker} == {
        f"berlin:{s}" for s in "pqrs"
    }
    assert [len(target.neutral) for target in fold.test] == [1, 1]


def test_the_order_in_which_corpora_are_named_changes_nothing():
    paris = corpus("paris", ("anger", "joy", "neutral"), "xy")
    assert made(TORONTO, BERLIN, paris).hash == made(TORONTO, paris, BERLIN).hash
    assert made(TORONTO, BERLIN, paris).hash != made(TORONTO, BERLIN).hash


def test_a_corpus_of_one_speaker_can_be_trained_on():
    (fold,) = made(TORONTO, corpus("one", ("anger", "joy", "neutral"), "x")).folds
    assert (fold.validation, len(fold.train)) == ((), 6)


def test_train_on_without_other_corpora_says_what_to_do():
    with pytest.raises(PlanError, match="name them with --train-on"):
        make(TORONTO, fingerprint(TORONTO), "train-on:berlin", PoolRule())


def test_sentences_of_other_corpora_are_other_sentences():
    with pytest.raises(PlanError, match="text-disjoint does not go with train-on"):
        make(TORONTO, fingerprint(TORONTO), "train-on:berlin+text-disjoint", PoolRule())
