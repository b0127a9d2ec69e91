from __future__ import annotations

import pandas as pd
import pytest

from sabench import Corpus, LeakageError, PlanError
from sabench.protocols import texts
from sabench.protocols.folds import PoolRule
from sabench.protocols.protocol import make


def corpus(n_speakers=4, n_texts=4, text=True):
    rows = [
        {
            "id": f"s{s}-t{t}-{label}",
            "path": f"/x/s{s}-t{t}-{label}.wav",
            "start_s": 0.0,
            "end_s": float("nan"),
            "speaker": f"s{s}",
            "gender": "female" if s % 2 else "male",
            "label": label,
            "neutral": label == "neutral",
            "partition": None,
            "session": None,
            "text": f"t{t}" if text else None,
            "digest": f"{s}-{t}-{label}",
            "duration_s": 1.0,
            "sampling_rate": 16_000,
        }
        for s in range(n_speakers)
        for t in range(n_texts)
        for label in ("neutral", "angry")
    ]
    table = pd.DataFrame(rows)
    return Corpus("made", "x", ("neutral", "angry"), table if text else table.drop(columns="text"), None)


def folds(name="loso+text-disjoint", **made):
    return make(corpus(**made), "f", name, PoolRule(neutral=1))


@pytest.mark.parametrize("name", ["loso+text-disjoint", "speaker-kfold:3+text-disjoint"])
def test_no_scored_sentence_was_heard_in_training_or_validation(name):
    for fold in folds(name).folds:
        heard = {i.split("-")[1] for i in fold.train}
        heard |= {i.split("-")[1] for target in fold.validation for i in target.scored}
        scored = {i.split("-")[1] for target in fold.test for i in target.scored}
        assert heard
        assert scored
        assert not heard & scored


def test_over_all_folds_every_sentence_is_scored():
    scored = {i.split("-")[1] for fold in folds().folds for target in fold.test for i in target.scored}
    assert scored == {"t0", "t1", "t2", "t3"}


def test_the_card_holds_what_is_scored_and_has_a_hash_of_its_own():
    made, plain = folds(), folds("loso")
    assert made.hash != plain.hash
    assert made.card["protocol"] == "loso+text-disjoint"
    for fold in made.folds:
        for target in fold.test:
            assert made.card["speakers"][target.speaker]["scored"] == list(target.scored)


def test_a_corpus_without_sentences_is_refused():
    with pytest.raises(PlanError, match=r"text-disjoint needs to know which sentence.*; 32 of 32 have none"):
        folds(text=False)


def test_one_sentence_alone_is_refused():
    with pytest.raises(PlanError, match="needs two sentences; the corpus has 1"):
        folds(n_texts=1)


def test_a_shared_sentence_is_a_leak():
    text = texts.text_of(corpus().table)
    with pytest.raises(LeakageError, match="sentences of the scored set are in training: t"):
        texts.refuse_shared(folds("loso").folds[0], text)


def test_how_many_scored_utterances_say_a_sentence_of_training_is_told():
    plain = folds("loso")
    sentence = texts.sharing(plain.folds, corpus().table)
    scored = sum(len(target.scored) for fold in plain.folds for target in fold.test)
    assert sentence.startswith(f"{scored} of {scored} scored utterances say a sentence that training holds too")
    assert texts.sharing(folds().folds, corpus().table) == ""
    assert texts.sharing(plain.folds, corpus(text=False).table) == ""


def test_own_folds_follow_the_column():
    of = corpus()
    of.table["fold"] = of.table["speaker"].map({"s0": "1", "s1": "2", "s2": "10", "s3": "10"})
    made = make(of, "f", "own-folds", PoolRule(neutral=1))
    assert [fold.name for fold in made.folds] == ["1", "2", "10"]
    assert {target.speaker for target in made.folds[2].test} == {"s2", "s3"}
    assert {target.speaker for target in made.folds[2].validation} == {"s0"}


def test_a_speaker_in_two_own_folds_is_a_leak():
    of = corpus()
    of.table["fold"] = [str(i % 3) for i in range(len(of.table))]
    with pytest.raises(LeakageError, match="would be in both"):
        make(of, "f", "own-folds", PoolRule(neutral=1))


def test_own_folds_need_a_fold_for_everybody():
    with pytest.raises(PlanError, match="own-folds needs a fold for every utterance"):
        make(corpus(), "f", "own-folds", PoolRule(neutral=1))


def test_groups_of_speakers_are_balanced_by_gender():
    made = make(corpus(n_speakers=12), "f", "speaker-kfold:3", PoolRule(neutral=1))
    for fold in made.folds:
        women = sum(int(target.speaker[1:]) % 2 for target in fold.test)
        assert (women, len(fold.test)) == (2, 4)
