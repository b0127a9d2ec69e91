import csv
import io
import json

import numpy as np
import pytest
from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made, method

from sabench.errors import ResultsError
from sabench.interfaces.records import Access, Reported
from sabench.leaderboard import build, cells, drawing
from sabench.leaderboard.markdown import markdown
from sabench.leaderboard.page import html
from sabench.leaderboard.spreadsheet import csv_text
from sabench.results.folder import Results
from sabench.stats import families, intervals, metrics, sample
from sabench.verdicts.wording import p_words, points, signed


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


@pytest.fixture
def made(results):
    made = Made(results, n_speakers=12)
    made.run(SVM, 0.4)
    made.run(SVM_NORM, 0.9)
    made.run(SVM_NEUTRAL, 0.7)
    return made


def only(results, **options):
    (table,) = build.build([results], **options).tables
    return table


def row(table, name):
    return next(row for row in (*table.rows, *table.draws) if row.method == name)


# --- building ---


def test_scores_and_intervals_are_those_of_the_predictions(made):
    run = made.results.runs()[0]
    predictions = made.results.predictions(run)
    expected, found = metrics.scores(predictions), row(only(made.results), "svm")
    interval = intervals.interval(sample.sample([predictions], pooled=False))
    assert found.uar == pytest.approx(expected.uar_mean)
    assert (found.low, found.high) == (interval.low, interval.high)
    assert found.speakers == pytest.approx(expected.uar_per_speaker)
    assert np.array(found.confusion).sum(axis=1) == pytest.approx(np.ones(3))


def test_the_gap_between_genders_is_told_where_genders_are_known(results):
    gender = {"s00": "female", "s01": "female", "s02": "male", "s03": "male"}
    made = Made(results, n_speakers=4, gender=gender)
    made.run(SVM, [1.0, 1.0, 0.0, 0.0])
    Made(results, n_speakers=4, protocol="challenge").run(SVM)
    by_protocol = {table.protocol: table.rows[0].gender_gap for table in build.build([results]).tables}
    assert by_protocol == {"loso": 1.0, "challenge": None}


def test_seeds_are_averaged(results):
    made = Made(results)
    for seed, skill in enumerate((0.4, 0.8)):
        made.run(SVM, skill, seed=seed)
    found = row(only(results), "svm")
    assert found.seeds == (0, 1)
    assert found.uar == pytest.approx(np.mean(found.per_seed))


def test_methods_are_ranked_within_their_price(made):
    made.run(method("other"), 0.95)
    made.run(method("ten", access=Access(neutral=10)), 0.95)
    table = only(made.results)
    assert [(price.group, price.access, [(r.method, r.rank) for r in price.rows]) for price in table.prices] == [
        ("none", "none", [("other", (1, 1)), ("svm", (2, 2))]),
        ("neutral", "1 neutral", [("svm-neutral", (1, 1))]),
        ("neutral", "10 neutral", [("ten", (1, 1))]),
        ("transductive", "transductive", [("svm-norm", (1, 1))]),
    ]
    assert [r.method for r in table.rows] == ["other", "svm", "svm-neutral", "ten", "svm-norm"]


def test_methods_that_cannot_be_told_apart_share_a_rank(results):
    made = Made(results)
    made.run(SVM, 0.6)
    made.run(method("other"), 0.6)
    assert [r.rank for r in only(results).rows] == [(1, 2), (1, 2)]


def test_differences_are_corrected_over_the_table(made):
    table = only(made.results)
    found = [r.difference for r in table.rows if r.difference]
    assert sorted(d.p_corrected for d in found) == pytest.approx(sorted(families.holm([d.p for d in found])))
    assert {d.verdict for d in found} == {"better"}
    assert row(table, "svm").baseline
    assert row(table, "svm").difference is None


def test_a_rank_and_a_mark_on_one_pair_are_one_decision(results):
    """Alone, the pair is significant; in a family of six comparisons with the baseline it is not."""
    made = Made(results, n_speakers=10)
    made.run(SVM, 0.6)
    made.run(method("other"), 0.7)
    alone = only(results, baseline="svm")
    for i in range(5):
        made.run(method("svm-norm", access=Access(neutral=2 + i), normaliser="speaker-zscore"), 0.6)
    family = only(results, baseline="svm")
    assert (row(alone, "other").difference.verdict, row(alone, "other").rank) == ("better", (1, 1))
    assert (row(family, "other").difference.verdict, row(family, "other").rank) == ("none", (1, 2))


def test_everything_on_a_row_comes_from_the_corrected_p(results):
    made = Made(results, n_speakers=10)
    made.run(SVM, 0.6)
    for i in range(12):
        made.run(method("svm-norm", access=Access(neutral=1 + i), normaliser="speaker-zscore"), 0.6 + 0.03 * i)
    found = [r.difference for r in only(results).rows if r.difference]
    assert {d.verdict for d in found} == {"none", "better"}
    assert any(d.p <= 0.05 < d.p_corrected for d in found)
    for d in found:
        significant = d.p_corrected <= 0.05
        assert (d.verdict == "none") == (not significant)
        assert (d.low <= 0 <= d.high) == (not significant)
        assert ("cannot be told apart" in d.sentence) == (not significant)
        assert f"{p_words(d.p_corrected)} (Holm, 12 comparisons)" in d.sentence


def test_trained_models_that_differ_are_corrected_with_all_others(results):
    made = Made(results, protocol="challenge", n_speakers=10)
    made.run(SVM, 0.5)
    made.run(method("net"), 0.75, stochastic=True)
    made.run(SVM_NORM, 0.7)
    found = [r.difference for r in only(results).rows if r.difference]
    assert {d.family for d in found} == {2}
    assert {d.verdict for d in found} == {"models", "better"}
    assert sorted(d.p_corrected for d in found) == sorted(families.holm([d.p for d in found]))


def test_a_row_says_for_how_many_speakers_it_is_worse_and_by_how_much(results):
    made = Made(results, n_speakers=10)
    made.run(SVM, [0.95, 0.95, *[0.3] * 8])
    made.run(SVM_NORM, [0.2, 0.4, *[0.9] * 8])
    found = row(only(results), "svm-norm")
    d = found.difference
    assert (d.n_worse, d.n_speakers, d.worse_speaker) == (2, 10, "s00")
    assert d.largest_loss == pytest.approx(row(only(results), "svm").speakers["s00"] - found.speakers["s00"])
    assert d.harm == f"svm-norm scores lower for 2 of 10 speakers, for s00 by {points(d.largest_loss)} points."
    assert cells.harmed(d) == f"2 of 10, by up to {points(d.largest_loss)}"


def test_a_difference_that_is_not_told_apart_stands_with_what_could_be_found(results):
    made = Made(results, n_speakers=10)
    made.run(SVM, 0.6)
    made.run(SVM_NORM, 0.62)
    d = row(only(results), "svm-norm").difference
    assert (cells.detectable(d), d.verdict) == (points(d.detectable), "none")
    assert f"A true difference of {points(d.detectable)} points is found in 80 of 100" in d.sentence


def test_too_few_speakers_leave_a_difference_without_interval(results):
    made = Made(results, n_speakers=4)
    made.run(SVM, 0.1)
    made.run(SVM_NORM, 0.9)
    found = row(only(results), "svm-norm")
    assert cells.detectable(found.difference) == "none"
    assert cells.difference(found) == f"○ {signed(found.difference.effect)} vs svm"


def test_single_seeds_of_a_shared_stochastic_model_are_marked_and_not_ranked_apart(results):
    made = Made(results, protocol="challenge", n_speakers=10)
    made.run(method("net"), 0.9, stochastic=True)
    made.run(method("other"), 0.4, stochastic=True)
    table = only(results)
    assert [r.rank for r in table.rows] == [None, None]
    assert row(table, "net").note == "1 of 5 seeds: no verdict"
    assert row(table, "other").difference.verdict == "models"
    assert row(table, "other").difference.p_corrected == row(table, "other").difference.p == 2**-9


def test_an_unfinished_method_is_shown_and_not_ranked(made):
    run = made.run(method("late"), missing=["s00", "s01"])
    made.fail(run, "s00", "out of memory")
    found = row(only(made.results), "late")
    assert (found.rank, found.difference) == (None, None)
    assert found.note == "10 of 12 folds; a fold failed: not ranked"


def test_a_run_without_any_fold_is_told_as_left_out(results):
    made = Made(results)
    made.run(SVM, missing=made.speakers)
    board = build.build([results])
    assert board.tables == ()
    assert "svm-emodb" in board.skipped[0]


def test_each_protocol_has_a_table_and_simulated_ones_come_last(results):
    Made(results, dataset="aibo", simulation={"scale": 0.05, "seed": 0}).run(SVM)
    Made(results, dataset="emodb").run(SVM)
    Made(results, dataset="emodb", protocol="challenge").run(SVM)
    tables = build.build([results]).tables
    assert [(t.dataset, t.protocol, t.simulated) for t in tables] == [
        ("emodb", "challenge", False),
        ("emodb", "loso", False),
        ("aibo", "loso", True),
    ]
    assert tables[2].simulation == "scale 0.05, seed 0"
    assert [t.score for t in tables] == ["pooled UAR", "mean of fold UARs", "mean of fold UARs"]


def test_controls_and_other_draws_have_their_own_part(results):
    made = Made(results, n_speakers=10)
    skills = {"first": 0.9, "nth:1": 0.9, "zeros": 0.3}
    made.run(SVM_NEUTRAL, draws=tuple(skills), draw_skill=skills)
    table = only(results)
    assert [r.draw for r in table.rows] == ["first"]
    assert [(r.draw, r.rank) for r in table.draws] == [("nth:1", None), ("zeros", None)]
    assert row_of_draw(table, "zeros").difference.baseline == "enrolled by first"
    assert row_of_draw(table, "zeros").difference.verdict == "worse"
    assert row_of_draw(table, "nth:1").difference.verdict == "none"


def row_of_draw(table, draw):
    return next(r for r in table.draws if r.draw == draw)


def test_a_control_of_one_seed_is_held_against_that_seed(results):
    made = Made(results, n_speakers=10)
    made.run(SVM_NEUTRAL, 0.9, seed=0, draws=("first", "zeros"))
    made.run(SVM_NEUTRAL, 0.1, seed=1)
    difference = row_of_draw(only(results), "zeros").difference
    assert abs(difference.effect) < 0.15


def test_reported_results_stand_beside_their_task_and_beside_no_twin(results):
    reported = [
        Reported("SVM", "3class", 0.55, "Who 2020, RankedTable 1", differences="5 folds", adapter="svm"),
        Reported("SVM", "7class", 0.44, "Who 2020, RankedTable 2"),
    ]
    Made(results).run(SVM, 0.5)
    Made(results, dataset="twin", simulation={"scale": 1}).run(SVM)
    real, twin = build.build([results], literature=lambda _: reported).tables
    (found,) = real.literature
    assert (found.method, found.uar, found.differences) == ("SVM", 0.55, "5 folds")
    assert found.measured == f"{100 * row(real, 'svm').uar:.1f} (svm)"
    assert twin.literature == ()


def test_titles_that_would_be_the_same_are_told_apart(results):
    made = Made(results)
    made.run(method("svm", features="egemaps"))
    made.run(method("svm", features="is09"))
    assert {r.method for r in only(results).rows} == {"svm [egemaps]", "svm [is09]"}


def test_a_wanted_baseline_is_that_of_all(made):
    table = only(made.results, baseline="svm-norm")
    assert {r.difference.baseline for r in table.rows if r.difference} == {"svm-norm"}
    assert row(table, "svm").difference.verdict == "worse"


def test_an_unknown_baseline_is_refused(made):
    with pytest.raises(ResultsError, match="No method 'smv' ran"):
        only(made.results, baseline="smv")


def test_several_sources_meet_in_one_table(tmp_path):
    sources = [Results(tmp_path / name) for name in ("ours", "theirs")]
    Made(sources[0]).run(SVM)
    Made(sources[1]).run(SVM_NORM)
    (table,) = build.build(sources).tables
    assert {r.method for r in table.rows} == {"svm", "svm-norm"}


def test_of_a_run_in_several_sources_the_complete_one_counts(tmp_path):
    sources = [Results(tmp_path / name) for name in ("ours", "theirs", "others")]
    for source, skill, missing in zip(sources, (1.0, 0.5, 0.0), (["s00"], [], []), strict=True):
        Made(source).run(SVM, skill, missing=missing, run_id="svm-0")
    (table,) = build.build(sources).tables
    assert row(table, "svm").uar == pytest.approx(
        metrics.scores(sources[1].predictions(sources[1].run("svm-0"))).uar_mean
    )


def test_seeds_of_several_sources_are_one_method(tmp_path):
    sources = [Results(tmp_path / name) for name in ("ours", "theirs")]
    for seed, source in enumerate(sources):
        Made(source).run(SVM, seed=seed)
    (table,) = build.build(sources).tables
    assert [r.seeds for r in table.rows] == [(0, 1)]


def test_a_run_that_another_stands_for_is_told_as_left_out(results):
    made = Made(results)
    made.run(SVM, run_id="early")
    made.run(SVM, run_id="late")
    made.run(SVM, seed=1, missing=["s00"], run_id="unfinished")
    assert build.build([results]).skipped == (
        "early: another run of this method and seed is there.",
        "unfinished: not complete, while other runs of this method are.",
    )


def test_a_damaged_run_is_a_named_row_and_the_rest_is_ranked(results):
    made = Made(results)
    good, bad = made.run(SVM, run_id="good"), made.run(SVM, seed=1, run_id="bad")
    evaluation = made.results.cell(bad.folds["s00"]).evaluation_file(bad.evaluations["first"]["s00"])
    evaluation.write_bytes(evaluation.read_bytes()[:-40])
    fit = made.results.cell(made.run(SVM_NORM, run_id="worse").folds["s01"]).path / "fit.json"
    fit.write_text("[]")
    record = made.results.folder / "runs" / "worst" / "run.json"
    record.parent.mkdir()
    record.write_text('{"x": ')
    board = build.build([made.results])
    assert [row.runs for row in board.tables[0].rows] == [(good.run_id,)]
    assert {name: reason.partition(": ")[0] for name, reason in board.damaged.items()} == {
        "bad": f"{evaluation} is damaged",
        "worse": f"{fit} is damaged",
        "worst": f"{record} is damaged",
    }
    assert "damaged,,,," in csv_text(board)
    assert "Damaged, left out: worst: " in markdown(board)
    assert "Damaged, left out" in html(board)


def test_chance_counts_the_classes_that_are_scored(results):
    made = Made(results, classes=("a", "b", "c", "d"))
    made.run(SVM)
    assert only(results).chance == 0.25


def test_an_empty_folder_gives_an_empty_board(results):
    assert build.build([results]).tables == ()


# --- text ---


def test_csv_has_a_line_for_each_row_of_each_part(made):
    made.run(SVM_NORM, seed=0, draws=("first", "zeros"), skill=0.9)
    literature = [Reported("=SUM(A1)", "3class", 0.5, "Who")]
    text = csv_text(build.build([made.results], literature=lambda _: literature))
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["part"] for line in lines] == ["measured"] * 3 + ["draw", "reported"]
    first = lines[0]
    assert (first["method"], first["rank_best"], first["rank_worst"]) == ("svm", "1", "1")
    assert first["access_group"] == "none"
    assert 0 < float(first["low"]) < float(first["uar"]) < float(first["high"]) < 1


def test_csv_disarms_what_a_spreadsheet_would_run(made):
    literature = [Reported("=SUM(A1)", "3class", 0.5, "Who")]
    text = csv_text(build.build([made.results], literature=lambda _: literature))
    assert list(csv.DictReader(io.StringIO(text)))[-1]["method"] == "'=SUM(A1)"


def test_markdown_has_the_tables_and_escapes_names(results):
    made = Made(results, protocol="<script>\n\n# fold")
    made.run(method("a|b<script>", adapter="x"), run_id="x")
    text = markdown(build.build([results]))
    assert "### Access: none" in text
    assert "a\\|b&lt;script&gt;" in text
    assert "<script" not in text
    assert "\n# fold" not in text


def test_json_holds_no_number_that_json_lacks(results):
    made = Made(results, n_speakers=3, protocol="challenge")
    made.run(method("net"), 0.9, stochastic=True)
    made.run(method("other"), 0.4, stochastic=True)
    value = json.loads(json.dumps(build.build([results]).json(), allow_nan=False))
    assert value["tables"][0]["rows"][1]["difference"]["high"] is None


# --- drawing ---


def test_tables_draws_and_methods_are_in_the_order_of_their_numbers(results):
    for protocol in ("loso+train-16", "loso+train-8", "loso"):
        made = Made(results, n_speakers=4, protocol=protocol)
        for neutral in (16, 8):
            what = method("svm", parameters={"neutral": neutral}, variant=f"neutral={neutral}")
            made.run(what, draws=("first", "random:10", "random:9"))
    tables = build.build([results]).tables
    assert [table.protocol for table in tables] == ["loso", "loso+train-8", "loso+train-16"]
    assert [(row.method, row.draw) for row in tables[0].draws] == [
        (f"svm (neutral={neutral})", f"random:{number}") for neutral in (8, 16) for number in (9, 10)
    ]


def test_an_axis_holds_all_values_between_whole_steps():
    scale = drawing.Scale.around([0.23, 0.78], 0, 100)
    assert (scale.low, scale.high) == pytest.approx((0.2, 0.8))
    assert scale.at(0.2) == 0
    assert scale.at(0.8) == 100
    assert [words for _, words in scale.ticks] == ["20", "30", "40", "50", "60", "70", "80"]


def test_an_axis_of_one_value_has_room():
    scale = drawing.Scale.around([0.5], 0, 100)
    assert scale.high > scale.low


def test_gains_are_drawn_by_rising_price(made):
    made.run(method("few", access=Access(labelled=2), parameters={"shots": 2}, adapter="svm"))
    picture = drawing.gains(only(made.results))
    assert [words for _, words, _ in picture.prices] == ["1 neutral", "transductive", "2 labelled"]
    places = [gain.y for gain in picture.gains]
    assert places == sorted(places)


def test_pictures_are_of_a_dozen_methods_at_most(results):
    made = Made(results, n_speakers=3, per_class=2)
    for i in range(15):
        made.run(method(f"m{i}"))
    table = only(results)
    assert len(drawing.matrices(table)) == len(drawing.strips(table).strips) == 12
