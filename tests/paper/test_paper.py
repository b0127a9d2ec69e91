from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tiny
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.errors import PlanError, UnknownPlugin
from sabench.interfaces.plugins import Dataset
from sabench.interfaces.records import Reported
from sabench.paper import deviations, layout, steps, tables
from sabench.paper.steps import Request
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.running.estimates import estimates
from sabench.running.observer import Observer
from sabench.testing import make_corpus

TOML = """
title = "Nearest means"
source = "A test 2026"
url = "https://example.org"
notes = ["It is a test."]

[groups.plain]
adapters = ["nearest"]

[groups.shifted]
adapters = ["shifted"]
settings = { "adapter.sharpness" = 3.0 }

[places.tones]
dataset = "tones:3class"
heading = "Tones"
pool = "neutral=3,scored-too"

[tables.1]
caption = "UAR on tones"
places = ["tones"]

[tables.2]
caption = "Neutral utterances in turn"
places = ["tones"]
adapters = ["shifted"]
draws = ["nth:0", "nth:1", "nth:2", "nth:3"]
printed = { tones = { shifted = [61.0, 0.5] } }

[[gains]]
adapter = "shifted"
over = "nearest"
printed = { tones = 24.0 }

[reduced]
preset = "small"
"""


class Tones(Dataset):
    """The tiny corpus as a dataset with a literature."""

    name = "tones"
    tasks = ("3class",)
    root_is_file = True
    reported = (
        Reported("Nearest", "3class", 0.4, "A test 2026, Table 1", adapter="nearest"),
        Reported("Shifted", "3class", 0.5, "A test 2026, Table 1", adapter="shifted"),
        Reported("Shifted", "3class", 0.9, "Another test", adapter="shifted"),
    )

    def load(self, root, task):
        from dataclasses import replace

        table = Registry().create("datasets", "table")
        return replace(table.load(root, "label"), dataset="tones", task="3class")


class Offer:
    """The tiny and the dataset."""

    from sabench import hookimpl

    @hookimpl
    def sabench_datasets(self):
        return {"tones": Tones}


@pytest.fixture(scope="module")
def registry():
    return Registry(extra=[Offer(), tiny])


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    path = tmp_path_factory.mktemp("publication") / "test.toml"
    path.write_text(TOML)
    return layout.read(path)


@pytest.fixture
def linked(tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_TONES_ROOT", str(make_corpus(tmp_path / "corpus", n_speakers=4, n_per_class=3)))


@pytest.fixture
def common(tmp_path):
    return {"results": tmp_path / "results", "track": False, "threads": 1, "jobs": 1, "protocol": "loso"}


def carried(published, registry, request):
    planned, left_out = steps.steps(published, request, registry)
    done = steps.carry(planned, left_out, registry, Observer())
    results = Results(request.common["results"])
    told = deviations.deviations(published, request, done, results, registry)
    return done, tables.outcome(published, request.tables, done, results, registry, told)


def test_measured_stands_beside_reported(linked, published, registry, common):
    done, found = carried(published, registry, Request(common=common))
    rows = {row.method: row for row in found.scores}
    assert {name: row.reported for name, row in rows.items()} == {"nearest": 0.4, "shifted": 0.5}
    for name, row in rows.items():
        (summary,) = (s for s in done.summaries["tones", name] if s.draw == "first")
        assert row.measured == pytest.approx(summary.uar_mean)
        assert row.low <= row.measured <= row.high


def test_gains_are_relative_measured_and_made_anew_from_the_table(linked, published, registry, common):
    found = carried(published, registry, Request(common=common))[1]
    (gain,) = found.gains
    measured = {row.method: row.measured for row in found.scores}
    assert gain.printed == 0.24
    assert gain.reported == pytest.approx(0.25)
    assert gain.measured == pytest.approx(measured["shifted"] / measured["nearest"] - 1)


def test_draws_give_mean_and_deviation_of_one_trained_model(linked, published, registry, common):
    done, found = carried(published, registry, Request(tables=("2",), common=common))
    (row,) = found.spreads
    values = [s.uar_mean for s in done.summaries["tones", "shifted"]]
    assert (row.reported_mean, row.reported_sd) == (0.61, 0.005)
    assert (row.mean, row.sd) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert row.n_draws == 4
    assert found.scores == ()


def test_tables_share_trained_models(linked, published, registry, common):
    first = carried(published, registry, Request(tables=("1",), common=common))[0]
    second = carried(published, registry, Request(tables=("2",), common=common))[0]
    one, two = (done.summaries["tones", "shifted"][0].record for done in (first, second))
    assert one.run_id == two.run_id
    assert "nth:3" in two.evaluations


def test_where_draws_differ_the_publications_test_is_made(linked, published, registry, common):
    table = published.tables["2"].model_copy(update={"adapters": ("nearest", "shifted")})
    both = published.model_copy(update={"tables": {"2": table}})
    found = carried(both, registry, Request(common=common))[1]
    assert found.tests == ()  # the unadapted method has no draws


def test_the_publications_test_is_the_t_test_of_scipy(monkeypatch):
    from scipy.stats import ttest_ind

    from sabench.paper.tables import _Maker

    values = {"a": np.array([0.60, 0.61, 0.62]), "b": np.array([0.63, 0.66, 0.64])}
    maker = object.__new__(_Maker)
    monkeypatch.setattr(maker, "_places", lambda table: ["here"], raising=False)
    monkeypatch.setattr(maker, "_methods", lambda table: ["a", "b"], raising=False)
    monkeypatch.setattr(maker, "_by_draw", lambda place, name, table: values[name], raising=False)
    (test,) = maker.tests("4", None)
    assert (test.first, test.second) == ("b", "a")
    assert test.p == pytest.approx(ttest_ind(values["b"], values["a"]).pvalue)


def test_what_is_done_is_not_estimated_again(linked, published, registry, common):
    planned, left_out = steps.steps(published, Request(common=common), registry)
    steps.carry(planned, left_out, registry, Observer())
    assert estimates([step.plan for step in planned], registry, Observer()) == []


def test_speakers_with_fewer_neutral_utterances_are_a_deviation(linked, published, registry, common):
    places = {"tones": published.places["tones"].model_copy(update={"pool": "neutral=4,scored-too"})}
    found = carried(published.model_copy(update={"places": places}), registry, Request(common=common))[1]
    assert any("4 of 4 target speakers have fewer than 4 neutral utterances" in told for told in found.deviations)


def test_changed_parameters_are_a_deviation(linked, published, registry, common):
    groups = {**published.groups, "shifted": published.groups["shifted"].model_copy(update={"preset": "none"})}
    changed = published.model_copy(update={"groups": groups})
    assert steps.choice(changed, Request(settings={"a.b": 1}), "tones", "shifted").settings == {
        "adapter.sharpness": 3.0,
        "a.b": 1,
    }


def test_settings_of_every_method_of_a_group_are_deviations(linked, published, registry, common):
    """The second of the group too, its normaliser, and a setting that both methods share."""
    adapters = ("nearest", "shifted", "nearest-norm")
    group = published.groups["shifted"].model_copy(update={"adapters": adapters, "preset": "soft"})
    together = published.model_copy(update={"groups": {"means": group}})
    settings = {"shifted.neutral": 2, "speaker-zscore.shrinkage": 3.0, "adapter.sharpness": 2.0}
    found = carried(together, registry, Request(settings=settings, common=common))[1]
    assert {
        "means: sharpness 2.0 instead of 3.0.",
        "shifted: neutral 2 instead of 1.",
        "nearest-norm: speaker-zscore.shrinkage 3.0 instead of learnt.",
    } <= {*found.deviations}


def test_a_place_that_is_not_linked_is_told(published, registry, common):
    with pytest.raises(PlanError, match="Nothing of 'Nearest means' can be run. No root is known for dataset 'tones'"):
        steps.steps(published, Request(common=common), registry)


def test_a_table_that_there_is_not_is_told(published, registry, common):
    with pytest.raises(PlanError, match="has no table '7' here. There are: 1, 2"):
        steps.steps(published, Request(tables=("7",), common=common), registry)


def test_a_method_that_fails_is_a_row_with_its_reason(linked, published, registry, common):
    places = {"tones": published.places["tones"].model_copy(update={"pool": "neutral=0,scored-too"})}
    found = carried(published.model_copy(update={"places": places}), registry, Request(common=common))[1]
    told = {row.method: row.reason for row in found.scores if row.measured is None}
    assert told == {"shifted": "shifted needs a neutral utterance of the target speaker."}


# The packaged comparison


@pytest.fixture
def packaged():
    return layout.publication("icme2021")


def test_the_packaged_comparison_is_found_by_name():
    assert "icme2021" in layout.names()


def test_an_unknown_comparison_is_told():
    with pytest.raises(UnknownPlugin, match="Unknown comparison 'icme2020'. Did you mean 'icme2021'"):
        layout.publication("icme2020")


def test_no_method_or_corpus_is_named_in_the_harness():
    """They stand in the packaged file, and in help texts and examples at most."""
    rooms = Path(layout.__file__).parent.glob("*.py")
    text = "".join(path.read_text() for path in rooms)
    assert not [name for name in ("svm", "resnet", "twochannel", "aibo", "iemocap") if name in text.lower()]


def test_every_name_in_it_is_installed(packaged):
    registry = Registry()
    for group in packaged.groups.values():
        for name in group.adapters:
            registry.get("adapters", name)
    for place in packaged.places.values():
        dataset, _, task = place.dataset.partition(":")
        assert task in registry.get("datasets", dataset).tasks


UNPRINTED = {"mlp", "dat"}
"""Controls of what it prints."""


def test_every_score_that_it_shows_is_reported_by_its_dataset(packaged):
    registry = Registry()
    found = {}
    for place in packaged.places.values():
        dataset, _, task = place.dataset.partition(":")
        rows = registry.get("datasets", dataset).reported
        own = {r.adapter: r.uar for r in rows if r.task == task and r.source.startswith(packaged.source)}
        found[place.heading] = own
    for table in (packaged.tables["2"], packaged.tables["3"]):
        shown = table.adapters or {name for group in packaged.groups.values() for name in group.adapters}
        for place in table.places:
            assert found[packaged.places[place].heading].keys() >= set(shown) - UNPRINTED
    assert found["FAU-AIBO 5-class"]["eresnet"] == 0.413
    assert found["IEMOCAP 4-class"]["svm-norm"] == 0.503
    assert found["IEMOCAP 4-class"]["menan"] == 0.599
    assert found["IEMOCAP 4-class"]["crossgrad"] == 0.573


def test_the_full_plan_searches_batch_sizes_and_crops_as_published(packaged):
    registry = Registry()
    for place in packaged.places:
        about = packaged.groups["networks"]
        chosen = steps.choice(packaged, Request(), place, "networks")
        from sabench.registry.methods import resolve

        adapter = resolve(registry, ["eresnet"], chosen)[0].adapter
        assert about.search
        assert list(adapter.search_grid["batch_size"]) == [8, 16, 32]
        assert adapter.crop_s == (4.5 if place == "iemocap" else 2.0)
        assert (adapter.width, adapter.epochs, adapter.learning_rate) == (1.0, 30, 0.001)


# The command


def test_the_command_says_what_is_missing_and_what_to_do():
    done = CliRunner().invoke(app, ["paper"])
    assert isinstance(done.exception, PlanError)
    assert "add --simulated" in str(done.exception)


def test_hours_of_work_need_a_yes(linked, published, registry, common, monkeypatch, tmp_path):
    from sabench.cli import paper

    monkeypatch.setattr(layout, "publication", lambda name: published)
    monkeypatch.setattr("sabench.registry.registry.Registry", lambda: registry)
    monkeypatch.setattr(paper, "LONG_S", -1.0)
    options = ["paper", "--results", str(tmp_path / "results"), "--no-track", "--threads", "1", "--jobs", "1"]
    refused = CliRunner().invoke(app, options)
    assert "Add --yes to run it all the same, or --preset small for narrow networks" in str(refused.exception)
    done = CliRunner().invoke(app, [*options, "--yes", "--json"])
    assert done.exit_code == 0, done.exception
    assert {row["method"] for row in json.loads(done.stdout)["scores"]} == {"nearest", "shifted"}


def test_the_command_prints_measured_beside_reported(linked, published, registry, monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "publication", lambda name: published)
    monkeypatch.setattr("sabench.registry.registry.Registry", lambda: registry)
    options = ["--results", str(tmp_path / "results"), "--no-track", "--threads", "1", "--jobs", "1"]
    done = CliRunner().invoke(app, ["paper", *options])
    assert done.exit_code == 0, done.exception
    assert "Table 1. UAR on tones" in done.stdout
    assert "61.0 (0.5)" in done.stdout
    assert "It is a test." in done.stdout


def test_the_command_ends_with_one_where_a_table_of_draws_alone_has_failed(
    linked, published, registry, monkeypatch, tmp_path
):
    places = {"tones": published.places["tones"].model_copy(update={"pool": "neutral=0,scored-too"})}
    monkeypatch.setattr(layout, "publication", lambda name: published.model_copy(update={"places": places}))
    monkeypatch.setattr("sabench.registry.registry.Registry", lambda: registry)
    options = ["--results", str(tmp_path / "results"), "--no-track", "--threads", "1", "--jobs", "1"]
    done = CliRunner().invoke(app, ["paper", "--tables", "2", *options])
    assert done.exit_code == 1, done.exception
    assert "61.0 (0.5)" in done.stdout
