import json
from dataclasses import replace

import pytest
from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made

from sabench.interfaces.records import Component
from sabench.leaderboard import build
from sabench.leaderboard.cells import across_cells, ranking_words
from sabench.leaderboard.markdown import markdown
from sabench.leaderboard.page import html
from sabench.leaderboard.ranking_drawing import rank_picture
from sabench.leaderboard.spreadsheet import csv_text
from sabench.results.folder import Results

SKILLS = {"emodb": (0.4, 0.7, 0.9), "ravdess": (0.5, 0.7, 0.9), "ased": (0.45, 0.8, 0.85)}


def board_of(folder, skills, **made):
    results = Results(folder)
    for dataset, values in skills.items():
        of = Made(results, dataset=dataset, n_speakers=12, **made)
        for method, skill in zip((SVM, SVM_NEUTRAL, SVM_NORM), values, strict=True):
            of.run(method, skill)
    return build.build([results])


def test_one_corpus_says_nothing_about_corpora(tmp_path):
    assert board_of(tmp_path, {"emodb": SKILLS["emodb"]}).across == ()


def test_the_mean_gain_lies_among_those_of_the_corpora_and_inside_its_interval(tmp_path):
    (across,) = board_of(tmp_path, SKILLS).across
    assert across.datasets == ("ased", "emodb", "ravdess")
    rows = {row.method: row for row in across.rows}
    assert rows["svm"].corpora == ()
    for name in ("svm-neutral", "svm-norm"):
        row = rows[name]
        assert row.baseline == "svm"
        gains = [one.effect for one in row.corpora]
        assert min(gains) <= row.effect <= max(gains)
        assert row.low < row.effect < row.high
        assert row.family == 2
        assert row.verdict == ("better" if row.p_corrected <= 0.05 else "none")


def test_methods_are_ranked_over_all_corpora(tmp_path):
    (across,) = board_of(tmp_path, SKILLS).across
    assert across.ranking is not None
    assert across.ranking.methods == ("svm-norm", "svm-neutral", "svm")
    assert across.ranking.ranks == (1.0, 2.0, 3.0)
    assert "svm-norm 1.00" in ranking_words(across.ranking, 3)
    picture = rank_picture(across.ranking)
    assert {name.method for name in picture.names} == set(across.ranking.methods)


def test_a_method_that_is_missing_on_a_corpus_is_not_ranked(tmp_path):
    results = Results(tmp_path)
    for dataset in ("emodb", "ravdess"):
        of = Made(results, dataset=dataset, n_speakers=12)
        of.run(SVM, 0.4)
        of.run(SVM_NEUTRAL, 0.7)
    of.run(SVM_NORM, 0.9)
    (across,) = build.build([results]).across
    rows = {row.method: row.mean_rank for row in across.rows}
    assert rows == {"svm-neutral": 1.0, "svm": 2.0}


def test_it_stands_on_the_page_and_in_every_table_before_all_others(tmp_path):
    board = board_of(tmp_path, SKILLS)
    written, text = html(board), markdown(board)
    assert written.index("Across corpora") < written.index('id="t-')
    assert text.index("Across corpora") < text.index("emodb 3class") if "emodb 3class" in text else "Across" in text
    lines = csv_text(board).splitlines()
    assert [line.startswith("ased emodb ravdess") for line in lines[1:4]] == [True] * 3
    assert json.dumps(board.json()["across"], allow_nan=False)
    assert all(len(across_cells(row)) == len(across_cells(board.across[0].rows[0])) for row in board.across[0].rows)


@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_equal_gains_everywhere_make_no_spread(tmp_path, gain):
    (across,) = board_of(tmp_path, dict.fromkeys(("a", "b"), (0.5, 0.5 + gain, 0.5 + gain))).across
    row = next(row for row in across.rows if row.method == "svm-neutral")
    assert row.between == pytest.approx(0, abs=0.1)


def test_a_method_that_others_are_held_against_is_held_against_nobody(tmp_path):
    """On two of three corpora `mlp` is the better of two unadapted methods: `svm` has gains against it there."""
    results = Results(tmp_path)
    mlp = replace(SVM, name="mlp", adapter=Component("mlp", "1"))
    mlp_neutral = replace(SVM_NEUTRAL, name="mlp-neutral", adapter=Component("mlp", "1"))
    for dataset, skills in (
        ("ased", (0.4, 0.7, 0.6, 0.75)),
        ("emodb", (0.4, 0.7, 0.6, 0.75)),
        ("ravdess", (0.6, 0.75, 0.4, 0.7)),
    ):
        of = Made(results, dataset=dataset, n_speakers=12)
        for method, skill in zip((SVM, SVM_NEUTRAL, mlp, mlp_neutral), skills, strict=True):
            of.run(method, skill)
    (across,) = build.build([results]).across
    assert {row.method: row.baseline for row in across.rows} == {
        "svm": "", "svm-neutral": "svm", "mlp": "", "mlp-neutral": "mlp"
    }  # fmt: skip
