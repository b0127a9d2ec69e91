import unicodedata

import pytest
from speech import write_noise

from sabench_plugins.datasets._places import AudioPlaces

NFC, NFD = (unicodedata.normalize(form, "Jörg") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("written", "asked"), [(NFC, NFD), (NFD, NFC)])
def test_a_file_in_the_other_unicode_form_is_found(tmp_path, written, asked):
    path = write_noise(tmp_path / written / f"{written}_1.wav")
    assert AudioPlaces(tmp_path).audio(f"{asked}/{asked}_1.wav") == path


def test_forms_may_be_mixed_within_a_path(tmp_path):
    path = write_noise(tmp_path / NFC / f"{NFD}.wav")
    assert AudioPlaces(tmp_path).audio(f"{NFD}\\{NFC}.wav") == path


def test_two_files_that_differ_by_their_form_are_told_apart(tmp_path):
    for name in (NFC, NFD):
        path = write_noise(tmp_path / f"{name}.wav")
        assert AudioPlaces(tmp_path).audio(f"{name}.wav") == path


def test_a_name_that_differs_in_capitals_is_named_and_not_taken(tmp_path):
    write_noise(tmp_path / "wav" / "A1.WAV")
    with pytest.raises(ValueError, match=r"the audio 'wav/a1.wav' is not there; 'A1.WAV' is, which differs in capital"):
        AudioPlaces(tmp_path).audio("wav/a1.wav")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b.wav", "../" * 300 + "a.wav"])
def test_an_impossible_name_is_not_there_in_a_short_sentence(tmp_path, name):
    with pytest.raises(ValueError, match="is not there; paths are relative to the folder of the table") as caught:
        AudioPlaces(tmp_path).audio(name)
    assert len(str(caught.value)) < 250
