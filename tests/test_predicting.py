"""Kept models on new files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sabench.errors import AccessError
from sabench.predicting import NewSpeaker, refuse_missing_enrolment
from sabench.records import ALL, Access


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
