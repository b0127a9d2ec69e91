import re
from html import unescape
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from made_results import SVM, SVM_NORM, Made, method

from sabench.leaderboard import build
from sabench.leaderboard.page import html
from sabench.results.folder import Results

EVIL = "<script>\x01&'\"#%"
_LINK = re.compile(r'<a class="save" href="data:image/svg\+xml,([^"]*)" download="([^"]*)">')


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("results"))
    for dataset in ("emodb", "ravdess"):
        made = Made(results, dataset=dataset, n_speakers=10, classes=("anger", "happiness", "fear"))
        made.run(SVM, 0.4)
        made.run(SVM_NORM, 0.9)
        made.run(method(EVIL, adapter="evil"), run_id=f"evil-{dataset}")
    return html(build.build([results]))


@pytest.fixture(scope="module")
def saved(page):
    """Every picture as it would be saved, by the name of its file."""
    return {unescape(name): unquote(unescape(data)) for data, name in _LINK.findall(page)}


def test_every_picture_can_be_saved(page, saved):
    shown = len(re.findall('<svg (?!class="bar-i)', page))
    assert shown == len(_LINK.findall(page)) == len(saved) == 2 + 2 * 5


def test_a_saved_picture_is_whole_without_the_page(saved):
    for text in saved.values():
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(root.get("width")) > float(root.get("height")) * 0.5
        assert "var(" not in text
        assert ".pt.g-none{fill:#7b828d" in text


def test_a_saved_picture_names_methods_and_runs_nothing(saved):
    texts = [e.text for text in saved.values() for e in ElementTree.fromstring(text).iter() if e.text]
    assert EVIL.replace("\x01", "") in texts
    tags = {e.tag.rpartition("}")[2] for text in saved.values() for e in ElementTree.fromstring(text).iter()}
    assert "script" not in tags


def test_confusion_matrices_spell_their_classes_out(saved):
    matrix = next(text for name, text in saved.items() if name.endswith("-confusion-svm.svg"))
    words = [e.text for e in ElementTree.fromstring(matrix).iter() if e.get("class") == "tick"]
    assert words == ["anger", "anger", "happiness", "happiness", "fear", "fear"]
