"""Kept models on new files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny

from sabench.errors import AccessError, PluginLoadError, ResultsError
from sabench.interfaces.records import ALL, Access, Component
from sabench.predicting import NewSpeaker, predict, refuse_missing_enrolment
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
    with pytest.raises(ResultsError, match="keeps no models: svm cannot be saved. Choose a run of another method"):
        predicted(done("svm"), NOBODY)


def test_a_run_with_an_unfinished_fold_is_refused_before_anything_is_read(done):
    with pytest.raises(ResultsError, match="Fold s1 of run .* is not finished. Repeat its command to complete it"):
        predicted(done("faulty", settings={"faulty.target": "s1"}), NOBODY, fold="s1")


def test_missing_neutral_enrolment_is_refused_with_the_flag_that_gives_it():
    with pytest.raises(AccessError, match=r"eresnet needs 1 neutral utterance of the speaker; 0 came.*--enrol FILE"):
        refuse_missing_enrolment(Access(neutral=1), "eresnet", NewSpeaker((Path("a.wav"),)))


def test_missing_unlabelled_enrolment_is_refused_with_the_flag_that_gives_it():
    with pytest.raises(AccessError, match=r"needs 2 utterances.*--enrol-unlabelled"):
        refuse_missing_enrolment(Access(unlabelled=2), "m", NewSpeaker((Path("a.wav"),)))


def test_labelled_enrolment_cannot_be_given():
    with pytest.raises(AccessError, match="labelled utterances"):
        refuse_missing_enrolment(Access(labelled=1), "m", NewSpeaker((Path("a.wav"),)))


def test_a_transductive_method_takes_the_files_themselves():
    refuse_missing_enrolment(Access(unlabelled=ALL), "svm-norm", NewSpeaker((Path("a.wav"),)))
