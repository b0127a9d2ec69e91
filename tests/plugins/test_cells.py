import numpy as np
import pandas as pd
import pytest

from sabench_plugins.datasets import _cells


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), np.nan, pd.NaT, "", "  ", "NA", "n/a", "NaN", "None", "null", "<NA>", "#N/A", "-", "?"],
)
def test_what_stands_for_a_missing_value_is_missing(value):
    assert _cells.is_missing(value)
    assert _cells.text(value) is None
    assert _cells.gender(value) is None


@pytest.mark.parametrize("value", [0, 0.0, False, "0", "n", "no", "nana", "neutral"])
def test_what_only_resembles_it_is_a_value(value):
    assert not _cells.is_missing(value)


@pytest.mark.parametrize(
    ("given", "gender"),
    [("F", "female"), ("w", "female"), ("Male", "male"), ("Divers", "divers"), ("other", "other"), ("Unknown", None)],
)
def test_genders_are_kept_as_they_are_called(given, gender):
    assert _cells.gender(given) == gender


@pytest.mark.parametrize("given", ["1", 0, 2.0])
def test_a_code_for_a_gender_is_refused(given):
    with pytest.raises(ValueError, match="unknown gender '.'; expected a word such as female or male, not a code"):
        _cells.gender(given)
