from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made

from sabench.leaderboard import build
from sabench.leaderboard.answers import answer
from sabench.leaderboard.markdown import markdown
from sabench.leaderboard.page import html
from sabench.results.folder import Results

TWIN = {"scale": 0.05, "seed": 0, "speaker_effect": 0.0}


def board(folder, skills, **made):
    of = Made(Results(folder), n_speakers=12, per_class=20, **made)
    for method, skill in zip((SVM, SVM_NEUTRAL, SVM_NORM), skills, strict=False):
        of.run(method, skill)
    return build.build([Results(folder)])


def test_it_says_which_methods_help_and_which_is_the_cheapest(tmp_path):
    (table,) = board(tmp_path, (0.4, 0.7, 0.9)).tables
    said = answer(table)
    assert said.startswith("On emodb 3class, 2 of 2 adapted methods help: ")
    assert "Cheapest: svm-neutral, 1 neutral utterance, +" in said
    assert "harm" not in said


def test_it_says_what_would_have_been_found_where_none_helps(tmp_path):
    (table,) = board(tmp_path, (0.6, 0.6, 0.61)).tables
    said = answer(table)
    assert said.startswith("On emodb 3class, none of 2 adapted methods is shown to help; the most is svm-")
    assert "would be found in 80 of 100 cases" in said


def test_it_says_what_harms(tmp_path):
    (table,) = board(tmp_path, (0.8, 0.4, 0.9)).tables
    assert "1 of 2 adapted methods helps: svm-norm." in answer(table)
    assert answer(table).endswith("svm-neutral does harm.")


def test_without_an_adapted_method_there_is_nothing_to_answer(tmp_path):
    (table,) = board(tmp_path, (0.8,)).tables
    assert answer(table) == ""


def test_a_twin_is_told_by_how_much_its_speakers_differ(tmp_path):
    made = board(tmp_path, (0.4, 0.7, 0.9), simulation=TWIN)
    (table,) = made.tables
    assert answer(table).startswith("On emodb 3class (simulated, speaker effect 0), ")
    assert "simulated, speaker effect 0" in html(made)


def test_every_format_says_it(tmp_path):
    made = board(tmp_path, (0.4, 0.7, 0.9))
    said = answer(made.tables[0])
    assert said.partition(": ")[0] in markdown(made)
    assert said.partition(": ")[0] in html(made)
