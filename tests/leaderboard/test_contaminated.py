"""Methods on features whose weights have seen the corpus: marked wherever they stand, and ranked with none."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import pytest
from made_results import SVM, SVM_NORM, Made
from typer.testing import CliRunner

from sabench.bundle import archive
from sabench.bundle.content import RUN
from sabench.cli.app import app
from sabench.errors import BundleError
from sabench.interfaces.records import Component
from sabench.leaderboard import build
from sabench.leaderboard.latex import latex
from sabench.leaderboard.markdown import markdown
from sabench.leaderboard.page import html
from sabench.leaderboard.report import report
from sabench.leaderboard.spreadsheet import csv_text
from sabench.results.folder import Results
from sabench.verdicts.entries import entries
from sabench.verdicts.verdict import compare

NOTE = "contaminated: hf has seen emodb"


def on_seen_features(method, *datasets):
    features = Component("hf", "1-abc", {"model": "m", "trained_on": list(datasets)})
    return replace(method, features=features, variant="features=hf")


@pytest.fixture
def results(tmp_path):
    made = Made(Results(tmp_path), n_speakers=12)
    made.run(SVM, 0.4)
    made.run(SVM_NORM, 0.9)
    made.run(on_seen_features(SVM, "EmoDB"), 0.95)
    made.run(on_seen_features(SVM_NORM, "iemocap", "emodb"), 0.99)
    return made.results


@pytest.fixture
def table(results):
    (only,) = build.build([results]).tables
    return only


def test_the_corpus_decides_whether_a_run_is_contaminated(tmp_path):
    made = Made(Results(tmp_path), n_speakers=4)
    assert not made.run(SVM).contaminated
    assert not made.run(on_seen_features(SVM, "iemocap")).contaminated
    contaminated = made.run(on_seen_features(SVM, "emodb"))
    assert contaminated.contaminated
    assert contaminated.mark == " (contaminated)"


def test_a_twin_is_seen_by_nobody(tmp_path):
    run = Made(Results(tmp_path), n_speakers=4, simulation={"scale": 0.05}).run(on_seen_features(SVM, "emodb"))
    assert not run.contaminated
    assert run.mark == " (simulated)"


def test_contaminated_methods_are_apart_and_have_no_rank(table):
    assert [row.method for row in table.rows] == ["svm", "svm-norm"]
    assert all(row.rank for row in table.rows)
    apart = {row.method: row for row in table.contaminated}
    assert set(apart) == {"svm (features=hf)", "svm-norm (features=hf)"}
    assert {row.rank for row in apart.values()} == {None}
    assert {row.note for row in apart.values()} == {NOTE}


def test_they_are_held_against_a_baseline_on_such_features_alone(table):
    apart = {row.method: row for row in table.contaminated}
    assert apart["svm-norm (features=hf)"].difference.baseline == "svm (features=hf)"
    assert apart["svm-norm (features=hf)"].difference.family == 1
    (norm,) = [row for row in table.rows if row.method == "svm-norm"]
    assert norm.difference.baseline == "svm"
    assert norm.difference.family == 1


def test_a_table_of_nothing_else_can_be_shown(tmp_path):
    Made(Results(tmp_path), n_speakers=4).run(on_seen_features(SVM, "emodb"))
    board = build.build([Results(tmp_path)])
    assert not board.tables[0].rows
    for text in (html(board), markdown(board), latex(board), csv_text(board)):
        assert "contaminated" in text.lower()


def test_over_several_corpora_they_do_not_count(results):
    for dataset in ("ravdess", "ased"):
        made = Made(results, dataset=dataset, n_speakers=12)
        made.run(SVM, 0.4)
        made.run(SVM_NORM, 0.9)
        made.run(on_seen_features(SVM, dataset), 0.95)
    board = build.build([results])
    (across,) = board.across
    assert {row.method for row in across.rows} <= {"svm", "svm-norm"}
    assert len(across.datasets) == 3


def test_every_format_marks_them(results):
    board = build.build([results])
    assert "### Contaminated: features whose weights have seen this corpus (not ranked)" in markdown(board)
    assert f"svm (features=hf) ({NOTE})" in markdown(board)
    assert f'<span class="tag warn">{NOTE}</span>' in html(board)
    assert "Contaminated: features whose weights have seen this corpus (not ranked)" in latex(board)
    lines = list(csv.DictReader(io.StringIO(csv_text(board))))
    parts = {line["method"]: (line["part"], line["rank_best"], line["note"]) for line in lines}
    assert parts["svm (features=hf)"] == ("contaminated", "", NOTE)
    assert parts["svm"][0] == "measured"
    assert len(board.json()["tables"][0]["contaminated"]) == 2


def test_the_terminal_and_the_report_mark_them(results):
    done = CliRunner().invoke(app, ["leaderboard", "--results", str(results.folder)], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    assert "Contaminated: features whose weights have seen this corpus (not ranked)" in done.output
    run = next(run for run in results.runs() if run.contaminated)
    words = report(results, run)
    assert "emodb 3class (contaminated)" in words.sentences[0]
    assert words.json()["contaminated"] is True


def test_a_comparison_says_which_side_is_contaminated(results):
    by_title = {entry.title: entry for entry in entries(results)}
    verdict = compare(by_title["svm (features=hf)"], by_title["svm"])
    assert "svm (features=hf) is contaminated: the weights of hf have seen emodb" in " ".join(verdict.notes)
    assert verdict.json()["first"]["contaminated"] is True
    assert verdict.json()["second"]["contaminated"] is False


@pytest.fixture
def bundle(tones, tmp_path, monkeypatch, warm):
    """A bundle of a real run on vectors whose network has seen the corpus, and what its commands said."""
    import pandas as pd

    from sabench_plugins.features.embeddings import write_table

    monkeypatch.chdir(tmp_path)
    files = sorted(tones.parent.rglob("*.wav"))
    numbers = pd.DataFrame({"a": range(len(files)), "b": [1.0] * len(files)}, index=[str(file) for file in files])
    write_table(numbers.astype(float), tmp_path / "vectors.parquet")
    seen = ["--set", "embeddings.table=vectors.parquet", "--set", 'embeddings.also_trained_on=["table"]']
    run = ["run", "-a", "svm", "--features", "embeddings", *seen, "-d", "table", "--root", str(tones), "--no-track"]
    said = CliRunner().invoke(app, run, env={"COLUMNS": "300"})
    assert said.exit_code == 0, said.output
    (record,) = Results(tmp_path / "sabench-results").runs()
    exported = CliRunner().invoke(app, ["export", record.run_id, "--output", "b.zip"])
    assert exported.exit_code == 0, exported.output
    return tmp_path / "b.zip", said.output + exported.output


def test_a_run_and_its_bundle_are_marked(bundle, tones):
    path, said = bundle
    assert "the weights of embeddings have seen table; its runs are marked contaminated" in " ".join(said.split())
    assert "(contaminated)" in said
    verified = CliRunner().invoke(app, ["verify", str(path), "--root", str(tones), "--json"])
    assert verified.exit_code == 0, verified.output
    facts = json.loads(verified.stdout)
    assert facts["contaminated"] is True
    assert "(contaminated)" in facts["sentence"]


def test_the_mark_cannot_be_taken_out_of_a_bundle(bundle, tones):
    from sabench.bundle.verifying import verify

    path, _ = bundle
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist() if name != archive.MANIFEST}
    run = json.loads(members[RUN])
    del run["record"]["method"]["features"]["parameters"]["trained_on"]
    path.write_bytes(archive.pack({**members, RUN: archive.json_bytes(run)}))
    with pytest.raises(BundleError, match="one of them has been changed"):
        verify(path)
