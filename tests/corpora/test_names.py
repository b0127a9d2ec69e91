import unicodedata

import pytest

from sabench import Corpus, utterance_table
from sabench.corpora.names import alike, faults_of_names, key, sentences_on_names


def corpus(speakers, *, labels=("neutral", "sad"), **columns) -> Corpus:
    rows = [
        {"id": f"{i}-{label}", "path": f"/{i}-{label}.wav", "speaker": speaker, "label": label, "session": None}
        | {name: values[i] for name, values in columns.items()}
        for i, speaker in enumerate(speakers)
        for label in labels
    ]
    return Corpus("tiny", "2class", tuple(dict.fromkeys(labels)), utterance_table(rows), None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "anna"),
        ("ANNA", "Anna"),
        ("Straße", "strasse"),
        (unicodedata.normalize("NFC", "Jörg"), unicodedata.normalize("NFD", "Jörg")),
        ("Anna B", "Anna  B"),
        ("Anna B", "Anna\u00a0B"),
        ("Anna_B", "Anna-B"),
        ("Anna B", "AnnaB"),
        ("anna ", "anna"),
        ("an\u200bna", "anna"),
        ("3", "03"),
        ("3", "3.0"),
        ("s3", "s003"),
        ("Actor_1", "Actor_01"),
        ("１２", "12"),
        ("Аnna", "Anna"),  # the first letter is Cyrillic
    ],
)
def test_names_that_look_alike_are_found(one, other):
    assert alike([one, other, one]) == [tuple(sorted((one, other)))]


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "10"), ("s1", "s11"), ("1_1", "11"), ("3.05", "3.5"), ("F01", "M01"), ("0", ""), ("Ann", "Anna")],
)
def test_names_that_differ_are_left_alone(one, other):
    assert alike([one, other]) == []


def test_a_key_of_nothing_is_nothing():
    assert key("") == key(" ") == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speakers": ["Anna", "anna", "Ben"]}, "Speakers 'Anna', 'anna' look alike; one person under two names"),
        ({"labels": ("sad", "Sad", "neutral")}, "Labels 'Sad', 'sad' look alike; one class under two names"),
        ({"session": ["1", "01", "2"]}, "Sessions '01', '1' look alike; one session under two names"),
    ],
)
def test_speakers_labels_and_sessions_that_look_alike_are_told_and_forbid_nothing(changes, words):
    made = corpus(**{"speakers": ["a", "b", "c"], **changes})
    (fault,) = faults_of_names(made)
    assert fault.message.startswith(words)
    assert not fault.fatal
    assert list(sentences_on_names(made)) == [fault.message]


def test_what_the_eye_cannot_see_is_written_as_its_number():
    names = [unicodedata.normalize(form, "Jö") for form in ("NFC", "NFD")]
    (sentence,) = sentences_on_names(corpus(names))
    assert r"'Jo\u0308'" in sentence
    assert "'Jö'" in sentence


def test_many_groups_are_told_in_short():
    names = [f"speaker {i}{mark}" for i in range(200) for mark in ("a", "A")]
    sentences = list(sentences_on_names(corpus(names)))
    assert len(sentences) == 5
    assert sentences[-1] == "196 more groups of speakers look alike."


@pytest.mark.parametrize("name", ["Unknown", "other", " ALL "])
def test_a_speaker_who_stands_for_nobody_is_told(name):
    (fault,) = faults_of_names(corpus([name, "b"]))
    assert "may stand for several people" in fault.message


@pytest.mark.parametrize("column", ["gender", "session"])
def test_a_speaker_with_two_genders_or_sessions_is_told(column):
    values = {column: ["female", "male", "x"]}
    (fault,) = faults_of_names(corpus(["a", "a", "b"], **values))
    assert fault.message == f"Speaker 'a' has the {column}s 'female', 'male'."


def test_sound_names_are_no_fault():
    assert list(faults_of_names(corpus(["03", "08", "11"], session=["1", "1", "2"]))) == []
