from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
import tiny
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.curve.drawing import draw
from sabench.curve.enrolment_size import carrier_of
from sabench.curve.measure import curve
from sabench.curve.single_method import only, pool_for
from sabench.errors import PlanError
from sabench.protocols.folds import PoolRule
from sabench.registry.methods import Choice
from sabench.results.folder import Results
from sabench.running.runner import run


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A curve of three methods on the tiny corpus, whose speakers have two neutral utterances to give."""
    folder = tmp_path_factory.mktemp("curve")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SABENCH_CACHE", str(folder / "cache"))
        plan = tiny.plan_in(folder, adapters=["nearest-norm", "nearest-neutral", "shifted"])
        return folder, curve(plan, (0, 1, 2, 5), 3, registry=tiny.registry())


def points(found, method):
    return {point.k: point for point in found[1].points if point.method == method}


def test_a_method_that_takes_k_gains_over_one_that_takes_none(found):
    measured = points(found, "nearest-neutral")
    assert measured[2].uar > measured[0].uar + 0.2


def test_all_points_are_scored_on_the_same_utterances(found):
    folder, measured = found
    results = Results(folder / "results")
    scored = {
        (record.protocol_hash, tuple(sorted(results.predictions(record, record.draws[0]).ids)))
        for point in measured.points
        for record in map(results.run, point.runs)
    }
    assert len(scored) == 1
    assert measured.n_scored == len(next(iter(scored))[1])


def test_with_nothing_enrolled_a_normaliser_is_the_unadapted_method(found):
    (reference,) = found[1].references
    assert reference.method == "nearest"
    assert points(found, "nearest-norm")[0].uar == points(found, "nearest-neutral")[0].uar == reference.uar


def test_a_method_that_cannot_do_without_enrolment_has_no_point_at_zero(found):
    assert sorted(points(found, "shifted")) == [1, 2]
    assert "shifted is left out at k = 0: shifted needs a neutral utterance of the target speaker." in found[1].notes


def test_more_than_any_speaker_has_is_left_out_and_said(found):
    assert 5 not in points(found, "nearest-neutral")
    note = "nearest-neutral is left out at k = 5: no speaker has more than 2 neutral utterances to give."
    assert note in found[1].notes


def test_speakers_who_supply_fewer_are_told(found):
    assert "All 4 speakers supply 2 of 5 neutral utterances." in found[1].notes
    assert points(found, "nearest-neutral")[1].supplied == 1.0


def test_two_kinds_of_enrolment_share_a_speakers_neutral_utterances_and_that_is_told(found):
    told = "Neutral utterances are reserved as such first: 4 of 4 speakers have none among their unlabelled ones"
    (note,) = (note for note in found[1].notes if note.startswith(told))
    assert "; nearest-norm may score otherwise in a curve without methods that take neutral" in note


def test_draws_of_the_whole_pool_do_not_differ_and_others_are_counted(found):
    whole, one = points(found, "shifted")[2], points(found, "shifted")[1]
    assert (whole.n_draws, whole.draw_sd) == (3, 0.0)
    assert one.draw_low <= one.uar <= one.draw_high


def test_a_score_is_the_mean_over_draws(found):
    folder, measured = found
    point = points(found, "shifted")[1]
    results = Results(folder / "results")
    record = results.run(point.runs[0])
    from sabench.stats.metrics import scores

    values = [scores(results.predictions(record, f"random:{i}")).uar_mean for i in range(3)]
    assert point.uar == pytest.approx(np.mean(values))
    assert (point.draw_low, point.draw_high) == pytest.approx((min(values), max(values)))
    assert point.draw_sd == pytest.approx(np.std(values, ddof=1))


def test_k_of_an_evaluation_parameter_uses_the_trained_model_again(found):
    results = Results(found[0] / "results")
    one, two = (results.run(points(found, "shifted")[k].runs[0]) for k in (1, 2))
    assert one.run_id != two.run_id
    assert one.folds == two.folds


def test_one_speaker_with_fewer_gives_what_there_is(tmp_path):
    from sabench.testing import make_corpus

    table = make_corpus(tmp_path, n_speakers=4, n_per_class=6)
    lines = table.read_text().splitlines()
    fewer = [line for line in lines if not line.startswith(("wav/s1_neutral_4", "wav/s1_neutral_5"))]
    table.write_text("\n".join(fewer) + "\n")
    measured = curve(tiny.plan_in(tmp_path, adapters="shifted"), (1, 3), 1, registry=tiny.registry())
    at = {point.k: point.supplied for point in measured.points}
    assert at == {1: 1.0, 3: 2.75}
    assert "s1 supplies 2 of 3 neutral utterances." in measured.notes


def test_several_seeds_are_averaged_and_named(tmp_path):
    plan = tiny.plan_in(tmp_path, adapters="nearest-norm", seeds=[0, 1])
    measured = curve(plan, (1,), 2, registry=tiny.registry())
    assert measured.points[0].seeds == (0, 1)
    assert len(measured.points[0].runs) == 2
    assert measured.notes == ()


def test_methods_that_are_not_enrolled_make_no_curve(tmp_path):
    with pytest.raises(PlanError, match="None of nearest is enrolled with utterances, so there is no curve"):
        curve(tiny.plan_in(tmp_path), (0, 1), 1, registry=tiny.registry())


def test_an_unadapted_method_that_is_named_is_a_line_and_not_a_curve(tmp_path):
    measured = curve(tiny.plan_in(tmp_path, adapters=["shifted", "nearest"]), (1,), 1, registry=tiny.registry())
    assert [reference.method for reference in measured.references] == ["nearest"]
    assert {point.method for point in measured.points} == {"shifted"}


# What carries k


def carrier(name, **choice):
    return carrier_of(tiny.registry(), name, Choice(**choice))


@pytest.mark.parametrize(
    ("name", "owner", "kind", "bare"),
    [
        ("nearest-norm", "speaker-zscore", "unlabelled", "nearest"),
        ("nearest-neutral", "speaker-zscore", "neutral", "nearest"),
        ("shifted", "shifted", "neutral", ""),
    ],
)
def test_the_parameter_that_moves_the_access_carries_k(name, owner, kind, bare):
    found = carrier(name)
    assert (found.owner, found.kind, found.bare) == (owner, kind, bare)
    assert found.settings(3) == {f"{owner}.{kind}": 3}


def test_a_normaliser_in_front_of_any_adapter_carries_k():
    assert carrier("nearest", normaliser="speaker-zscore").owner == "speaker-zscore"


def test_none_switches_everything_off_that_is_enrolled():
    assert carrier("nearest-neutral").settings(0) == {"speaker-zscore.neutral": 0, "speaker-zscore.unlabelled": 0}


def test_a_method_without_such_a_parameter_has_no_carrier():
    assert carrier("nearest") is None


def test_one_pool_serves_all_methods():
    found = [carrier("nearest-norm"), carrier("shifted")]
    assert pool_for(found, 4) == PoolRule(neutral=4, unlabelled=4)
    assert pool_for(found[1:], 4) == PoolRule(neutral=4)


def test_what_was_set_for_one_method_is_not_set_for_another(tmp_path):
    settings = {"shifted.sharpness": 2.0, "speaker-zscore.shrinkage": 3.0, "adapter.neutral": 1}
    plan = tiny.plan_in(tmp_path, adapters=["shifted", "nearest-norm"], settings=settings)
    assert only(tiny.registry(), plan, "nearest-norm")["settings"] == {"speaker-zscore.shrinkage": 3.0}
    assert only(tiny.registry(), plan, "shifted")["settings"] == {"shifted.sharpness": 2.0, "adapter.neutral": 1}


def test_settings_of_one_method_leave_the_others_alone(tmp_path):
    plan = tiny.plan_in(tmp_path, adapters=["shifted", "nearest-norm"], settings={"speaker-zscore.shrinkage": 3.0})
    measured = curve(plan, (1,), 1, registry=tiny.registry())
    assert {point.method for point in measured.points} == {"shifted", "nearest-norm"}


# What is written


def test_the_table_has_a_row_a_point_and_a_reference(found):
    rows = list(csv.DictReader(io.StringIO(found[1].csv())))
    assert len(rows) == len(found[1].points) + 1
    assert float(rows[0]["uar"]) == found[1].points[0].uar
    assert (rows[-1]["method"], rows[-1]["k"]) == ("nearest", "")


def test_it_is_json(found):
    assert json.loads(json.dumps(found[1].json()))["points"][0]["k"] == 0


@pytest.mark.parametrize(("name", "begins"), [("c.png", b"\x89PNG"), ("c.svg", b"<?xml")])
def test_it_is_drawn(found, tmp_path, name, begins):
    draw(found[1], tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(begins)
    assert len(content) > 10_000


def test_the_picture_names_every_method(found, tmp_path, monkeypatch):
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    draw(found[1], tmp_path / "c.svg")
    text = (tmp_path / "c.svg").read_text()
    assert all(name in text for name in ("nearest-norm (k unlabelled)", "shifted (k neutral)", "nearest (not adapted)"))


def test_a_format_that_cannot_be_drawn_is_told(found, tmp_path):
    with pytest.raises(PlanError, match="c.docx is none of them"):
        draw(found[1], tmp_path / "c.docx")


def test_the_command_refuses_a_format_before_anything_is_run(tmp_path):
    picture = tmp_path / "c.docx"
    words = ["curve", "--adapter", "svm-norm", "--dataset", "table", "--root", "nowhere.csv", "--output", str(picture)]
    assert "c.docx is none of them" in str(CliRunner().invoke(app, words).exception)


def test_a_plan_refuses_speakers_with_fewer_unless_it_accepts_them(tmp_path):
    from sabench.errors import AccessError

    settings = {"settings": {"shifted.neutral": 3}, "pool": "neutral=3"}
    with pytest.raises(AccessError, match="needs 3 neutral of every target speaker"):
        run(tiny.plan_in(tmp_path, adapters="shifted", **settings), registry=tiny.registry())
    accepted = run(tiny.plan_in(tmp_path, adapters="shifted", accept_fewer=True, **settings), registry=tiny.registry())
    assert accepted[0].record.status == "complete"
