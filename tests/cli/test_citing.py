import json

import pytest
from made_results import SVM_NORM, Made
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.registry.registry import Registry
from sabench.results.folder import Results


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_info_tells_access_parameters_with_ranges_and_what_a_method_stands_on():
    facts = json.loads(run("info", "svm-norm", "--json"))
    assert (facts["access"], facts["normaliser"], facts["lacking"]) == ("transductive", "speaker-zscore", [])
    penalty = next(p for p in facts["parameters"] if p["name"] == "C")
    assert (penalty["plugin"], penalty["value"], penalty["type"]) == ("svm", 1.0, "float, gt=0")
    assert any("vlasenko2007frame" in entry for entry in facts["references"])
    text = run("info", "svm-norm")
    for words in ("SVM on speaker-normalised functionals", "transductive", "gt=0", "@article{eyben2016geneva,"):
        assert words in text


@pytest.mark.parametrize("name", Registry().names("adapters"))
def test_info_of_every_method_can_be_read(name):
    facts = json.loads(run("info", name, "--json"))
    assert facts["title"]
    assert facts["description"]


def test_cite_prints_each_entry_once_for_methods_features_corpus_and_sabench(tmp_path):
    made = Made(Results(tmp_path), dataset="emodb", task="7class")
    made.run(SVM_NORM)
    text = run("cite", "svm-norm", "--results", tmp_path)
    for key in ("@software{sabench,", "pedregosa2011scikit", "vlasenko2007frame", "eyben2016geneva", "@misc{emodb,"):
        assert text.count(key) == 1
    assert text.count("{") == text.count("}")
