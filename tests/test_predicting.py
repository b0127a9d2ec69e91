"""Kept models on new files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny

from sabench.errors import AccessError, PluginLoadError, ResultsError
from sabench.interfaces.records import ALL, Access, Component
from sabench.predicting import NewSpeaker, parse_labelled, predict, refuse_missing_enrolment
from sabench.protocols.folds import PoolRule
from sabench.results.folder import Results
from sabench.running import runner

NOBODY = NewSpeaker((Path("no-such-file.wav"),))
"""Reading it fails, so that a test with it shows what is refused before features are extracted."""


@pytest.fixture
def done(tones, tmp_path, warm):
    """Carry out a method on the tiny corpus; returns the results and the run."""

    def carry_out(adapter, **values):
        plan = tiny.plan(tones, tmp_path / "results", adapters=[adapter], features="tone", **values)
        (summary,) = runner.run(plan, registry=tiny.registry())
        return Results(plan.results), summary.record

    return carry_out


def predicted(done, speaker, **options):
    return predict(*done, speaker, registry=tiny.registry(), **options)


def test_a_kept_model_predicts_the_files_of_its_targets_as_in_its_run(done, tones):
    results, run = done("nearest")
    before = results.predictions(run)
    own = before.speaker == "s1"
    files = tuple(tones.parent / name for name, mine in zip(before.ids, own, strict=True) if mine)
    found = predicted((results, run), NewSpeaker(files), fold="s1")
    np.testing.assert_allclose(found, before.probabilities[own], atol=1e-6)


def test_features_of_another_version_are_refused(done):
    results, run = done("nearest")
    older = replace(run, method=replace(run.method, features=Component("tone", "0", run.method.features.parameters)))
    with pytest.raises(PluginLoadError, match=r"was made with tone version 0; version 1\+source\.\w+ is installed"):
        predicted((results, older), NOBODY)


def test_a_run_whose_method_cannot_be_saved_is_refused_before_anything_is_read(done):
    with pytest.raises(
        ResultsError,
        match="keeps no models: unsavable cannot be saved, or not with",
    ):
        predicted(done("unsavable"), NOBODY)


def test_a_run_with_an_unfinished_fold_is_refused_before_anything_is_read(done):
    with pytest.raises(ResultsError, match="Fold s1 of run .* is not finished. Repeat its command to complete it"):
        predicted(done("faulty", settings={"faulty.target": "s1"}), NOBODY, fold="s1")


def test_missing_neutral_enrolment_is_refused_with_the_flag_that_gives_it():
    with pytest.raises(AccessError, match=r"eresnet needs 1 neutral utterance of the speaker; 0 came.*--enrol FILE"):
        refuse_missing_enrolment(Access(neutral=1), "eresnet", NewSpeaker((Path("a.wav"),)))


def test_missing_unlabelled_enrolment_is_refused_with_the_flag_that_gives_it():
    with pytest.raises(AccessError, match=r"needs 2 utterances.*--enrol-unlabelled"):
        refuse_missing_enrolment(Access(unlabelled=2), "m", NewSpeaker((Path("a.wav"),)))


def test_missing_labelled_enrolment_is_refused_with_the_flag_that_gives_it():
    one = NewSpeaker((Path("a.wav"),), labelled=((Path("b.wav"), "sad"),))
    with pytest.raises(AccessError, match="needs 2 .* with their labels; 1 came.*--enrol-labelled FILE=LABEL"):
        refuse_missing_enrolment(Access(labelled=2), "m", one)


def test_a_label_that_is_no_class_is_refused_with_the_classes(done):
    run = done("prototypes", settings={"prototypes.labelled": 1}, pool=PoolRule(neutral=0, labelled=1))
    with pytest.raises(AccessError, match="b.wav is labelled 'joy', which is no class of this run. Its classes: "):
        predicted(run, NewSpeaker((Path("a.wav"),), labelled=((Path("b.wav"), "joy"),)))


@pytest.mark.parametrize("adapter", ["prototypes", "knn", "refit"])
def test_labelled_enrolment_predicts_as_in_the_run(done, tones, adapter):
    results, run = done(adapter, settings={f"{adapter}.labelled": 2}, pool=PoolRule(neutral=0, labelled=2))
    before = results.predictions(run)
    own = before.speaker == "s1"
    files = tuple(tones.parent / name for name, mine in zip(before.ids, own, strict=True) if mine)
    reserved = results.card(run.protocol_hash)["speakers"]["s1"]
    label_of = pd.read_csv(tones).set_index("file")["label"]
    labelled = tuple((tones.parent / name, label_of[name]) for name in reserved["labelled"])
    assert len(labelled) == 2
    probabilities = predicted((results, run), NewSpeaker(files, labelled=labelled), fold="s1")
    np.testing.assert_allclose(probabilities, before.probabilities[own], atol=1e-6)


def test_a_labelled_file_is_read_with_the_label_behind_its_last_sign():
    assert parse_labelled("take=2.wav=anger") == (Path("take=2.wav"), "anger")


@pytest.mark.parametrize("text", ["one.wav", "one.wav=", "=anger"])
def test_a_labelled_file_without_label_or_name_is_refused(text):
    with pytest.raises(AccessError, match=f"--enrol-labelled takes FILE=LABEL, such as one.wav=anger; '{text}' came"):
        parse_labelled(text)


@pytest.mark.parametrize("adapter", ["svm", "svm-norm", "svm-neutral", "logreg", "prior-correction"])
def test_classifiers_of_scikit_learn_are_kept_and_predict_as_in_their_run(done, tones, adapter):
    results, run = done(adapter)
    before = results.predictions(run)
    own = before.speaker == "s1"
    scored = tuple(tones.parent / name for name, mine in zip(before.ids, own, strict=True) if mine)
    reserved = results.card(run.protocol_hash)["speakers"]["s1"]
    neutral = tuple(tones.parent / name for name in reserved["neutral"])
    unlabelled = neutral if run.method.access.transductive else ()
    speaker = NewSpeaker(scored, neutral, unlabelled)
    np.testing.assert_allclose(predicted((results, run), speaker, fold="s1"), before.probabilities[own], atol=1e-5)


@pytest.mark.parametrize("adapter", ["prior-correction", "similar-speakers", "label-calibration"])
def test_methods_that_hear_unlabelled_utterances_predict_as_in_their_run(done, tones, adapter):
    pool = PoolRule(neutral=0, unlabelled=2)
    results, run = done(adapter, settings={f"{adapter}.unlabelled": 2}, pool=pool)
    before = results.predictions(run)
    own = before.speaker == "s1"
    scored = tuple(tones.parent / name for name, mine in zip(before.ids, own, strict=True) if mine)
    reserved = results.card(run.protocol_hash)["speakers"]["s1"]
    speaker = NewSpeaker(scored, unlabelled=tuple(tones.parent / name for name in reserved["unlabelled"]))
    assert len(speaker.unlabelled) == 2
    np.testing.assert_allclose(predicted((results, run), speaker, fold="s1"), before.probabilities[own], atol=1e-5)


def test_a_transductive_method_takes_the_files_themselves():
    refuse_missing_enrolment(Access(unlabelled=ALL), "svm-norm", NewSpeaker((Path("a.wav"),)))
