from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sabench_plugins.datasets._times import mixes_decimal_marks, parse


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-05", 1e-05),
        (" 2.25 ", 2.25),
        ("1,5", 1.5),
        ("0,25", 0.25),
        ("1.5 s", 1.5),
        ("1.5s", 1.5),
        ("1,5 s", 1.5),
        ("1500ms", 1.5),
        ("2 min", 120.0),
        ("1 h", 3600.0),
        ("00:01:30", 90.0),
        ("00:01:30.5", 90.5),
        ("00:00:01,500", 1.5),
        ("27:00:00", 97_200.0),
        ("0 days 00:00:01.500000", 1.5),
        ("1 days 00:00:00", 86_400.0),
    ],
)
def test_a_time_of_the_grammar_is_its_seconds(text, seconds):
    assert parse(text) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "",
        "-1",
        "1 500",
        "1_5",
        "1'500",
        "1.500,25",
        "1,500.25",
        "1,2,3",
        "1:30",  # minutes and seconds, or hours and minutes?
        "00:61:00",
        "00:00:60",
        "00:00:1.5.2",
        "1.5 m",  # minutes, or metres of tape?
        "5 ns",
        "P1DT1S",
        "inf",
        "nan",
        "1e400",
        "0x10",
        "٣",
        "1" * 5000,
    ],
)
def test_anything_else_is_refused_in_a_short_sentence(text):
    with pytest.raises(ValueError, match="is no time; expected seconds like 1.5") as caught:
        parse(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value",
    [1.5, np.float32(1.5), Decimal("1.5"), timedelta(seconds=1.5), pd.Timedelta("1.5s"), "00:00:01.5"],
)
def test_numbers_and_timedeltas_are_taken_as_they_are(value):
    assert parse(value) == 1.5


@pytest.mark.parametrize("value", [True, None, float("inf"), -0.1, b"1.5", pd.Timestamp("2026-01-01")])
def test_other_objects_are_refused(value):
    with pytest.raises(ValueError, match="is no time"):
        parse(value)


@pytest.mark.parametrize("text", ["1,5", "1,500", "0,25 s"])
def test_a_decimal_comma_is_refused_where_commas_separate_cells(text):
    with pytest.raises(ValueError, match="which may be a decimal comma or one of thousands"):
        parse(text, decimal_comma=False)


def test_a_comma_in_a_clock_is_always_a_decimal_one():
    assert parse("00:00:01,500", decimal_comma=False) == 1.5


def test_points_and_commas_in_one_column_are_noticed():
    assert mixes_decimal_marks(["0,25", None, "1.500"])
    assert not mixes_decimal_marks(["0,25", "1,5", 2.5])
