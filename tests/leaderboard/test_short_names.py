import pytest
from made_results import Made, method

from sabench.interfaces.records import Access
from sabench.leaderboard import build
from sabench.leaderboard.latex import latex
from sabench.leaderboard.markdown import markdown
from sabench.leaderboard.page import html
from sabench.leaderboard.short_names import shared, shortened
from sabench.results.folder import Results

DVECTOR = "features=dvector"


def variant(name, words, **options):
    return method(name, variant=words, parameters={"words": words}, **options)


@pytest.fixture
def board(tmp_path):
    made = Made(Results(tmp_path), n_speakers=10)
    made.run(variant("svm", DVECTOR), 0.4)
    made.run(variant("svm", f"{DVECTOR}, svm.C=0.1"), 0.5)
    norm = {"access": Access(unlabelled="all"), "normaliser": "speaker-zscore"}
    made.run(variant("svm-norm", DVECTOR, **norm), 0.9, draws=("first", "zeros"))
    return build.build([Results(tmp_path)])


def test_what_some_rows_lack_is_not_shared():
    assert shared([DVECTOR, ""]) == ()
    assert shared([]) == ()


def test_names_leave_out_what_all_rows_share(board):
    (table,) = shortened(board).tables
    assert table.shared == (DVECTOR,)
    assert [row.method for row in table.rows] == ["svm (svm.C=0.1)", "svm", "svm-norm"]
    assert [row.method for row in table.draws] == ["svm-norm"]
    gain = table.rows[-1].difference
    assert gain.baseline == "svm"
    assert "dvector" not in gain.sentence + gain.harm


def test_programs_get_the_whole_names(board):
    table = board.json()["tables"][0]
    assert table["shared"] == [DVECTOR]
    assert {row["method"] for row in table["rows"]} == {
        f"svm ({DVECTOR}, svm.C=0.1)",
        f"svm ({DVECTOR})",
        f"svm-norm ({DVECTOR})",
    }


def test_a_setting_that_one_row_lacks_stays_in_the_names(board, tmp_path):
    Made(Results(tmp_path), n_speakers=10).run(method("plain"))
    (table,) = shortened(build.build([Results(tmp_path)])).tables
    assert table.shared == ()
    assert f"svm ({DVECTOR})" in {row.method for row in table.rows}


@pytest.mark.parametrize("write", [html, markdown, latex])
def test_every_format_says_once_what_is_shared(board, write):
    assert write(board).count(DVECTOR) == 1 + 3 * (write is html)  # the page has the parameters of each row, too


def test_names_are_short_over_several_corpora_too(tmp_path):
    for dataset in ("emodb", "ravdess"):
        made = Made(Results(tmp_path), dataset=dataset, n_speakers=10)
        made.run(variant("svm", DVECTOR), 0.4)
        made.run(variant("svm-norm", DVECTOR, access=Access(unlabelled="all"), normaliser="speaker-zscore"), 0.9)
    (across,) = shortened(build.build([Results(tmp_path)])).across
    assert across.shared == (DVECTOR,)
    assert {row.method for row in across.rows} == set(across.ranking.methods) == {"svm", "svm-norm"}
    assert "dvector" not in "".join(row.baseline + row.sentence for row in across.rows)
