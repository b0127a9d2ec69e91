"""What `sabench leaderboard` writes beside the page: LaTeX, BibTeX, a site."""

import re

import pytest
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.cli.choices import run_names


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A results folder of two methods on the tiny corpus."""
    from sabench.running import runner
    from sabench.running.plan import Plan
    from sabench.testing import make_corpus

    place = tmp_path_factory.mktemp("files")
    patch = pytest.MonkeyPatch()
    patch.setenv("SABENCH_CACHE", str(place / "cache"))
    given = {"adapters": "svm,svm-norm", "datasets": "table", "root": make_corpus(place / "corpus"), "track": False}
    runner.run(Plan.build({**given, "results": place / "results"}))
    yield place / "results"
    patch.undo()


def leaderboard(folder, *arguments):
    done = CliRunner().invoke(app, ["leaderboard", "--results", str(folder), *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done


def test_latex_tables_are_balanced_and_escaped(folder, tmp_path):
    path = tmp_path / "table.tex"
    leaderboard(folder, "--latex", path)
    text = path.read_text()
    assert text.count("\\begin{") == text.count("\\end{") == 2
    assert text.count("{") == text.count("}")
    assert "none & 1 & svm & " in text or "none & 1-2 & svm & " in text
    assert "transductive & 1 & svm-norm & " in text
    assert not re.search(r"[^\\]%(?! Made)", text), "a percent sign would begin a comment"


def test_the_bibliography_has_every_entry_once(folder, tmp_path):
    path = tmp_path / "refs.bib"
    leaderboard(folder, "--bib", path)
    keys = re.findall(r"^@\w+\{([^,]+),", path.read_text(), re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert {"sabench", "pedregosa2011scikit", "vlasenko2007frame", "eyben2016geneva", "table"} == {*keys} - {
        "eyben2010opensmile"
    }


def test_a_site_is_a_page_with_a_bundle_behind_every_run(folder, tmp_path):
    site = tmp_path / "site"
    leaderboard(folder, "--site", site)
    bundles = sorted((site / "bundles").iterdir())
    assert len(bundles) == 2
    page = (site / "index.html").read_text()
    for bundle in bundles:
        assert f'<a href="bundles/{bundle.name}" download>' in page
        assert CliRunner().invoke(app, ["verify", str(bundle)]).exit_code == 0
    leaderboard(folder, "--site", site)  # again


def test_ids_of_runs_are_completed(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    folder.rename("sabench-results")
    try:
        assert [name.partition("-table")[0] for name in run_names("svm-")] == ["svm-norm", "svm"]
        assert run_names("svm-norm")[0].startswith("svm-norm-table-label-s0-")
        assert run_names("[") == []
    finally:
        (folder.parent / "sabench-results").rename(folder)
