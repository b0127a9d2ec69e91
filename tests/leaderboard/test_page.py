import base64
import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path

import chromium
import pytest
from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made, method

from sabench.interfaces.records import Reported
from sabench.leaderboard import build
from sabench.leaderboard import page as page_module
from sabench.leaderboard.page import html
from sabench.results.folder import Results

EVIL = "<script>document.title='owned'</script>"

needs_chromium = pytest.mark.skipif(chromium.find() is None, reason="needs chromium (apt-get install chromium)")


def made_board(folder):
    results = Results(folder)
    made = Made(results, n_speakers=10)
    made.run(SVM, 0.4)
    made.run(SVM_NORM, 0.9, draws=("first", "zeros"))
    made.run(SVM_NEUTRAL, 0.7)
    made.run(method(EVIL, adapter="evil", parameters={EVIL: EVIL}), 0.5, run_id="evil")
    Made(results, dataset="ravdess").run(SVM, 0.5)
    Made(results, dataset="savee").run(SVM_NORM, 0.5, draws=("zeros",))
    Made(results, dataset="twin", simulation={"scale": 0.05}).run(SVM, 0.5)
    literature = [Reported(EVIL, "3class", 0.5, EVIL, url="javascript:alert(1)", differences=EVIL)]
    return build.build([results], literature=lambda _: literature)


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    return made_board(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def file(board, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "leaderboard.html"
    path.write_text(html(board), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    page = chromium.Page(tmp_path_factory.mktemp("profile"))
    yield page
    page.close()


@pytest.fixture
def page(browser, file):
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(file)
    return browser


def test_the_page_names_no_other_file_and_no_address(board):
    text = html(board)
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) == []
    assert "url(" not in text
    assert "@import" not in text


def test_compiled_templates_are_kept_beside_compiled_modules_and_give_the_same_page(board, tmp_path, monkeypatch):
    text = html(board)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    folder = Path(importlib.util.cache_from_source(page_module.__file__)).parent
    folder.mkdir(parents=True)

    def kept():
        return {file.name: file.stat().st_mtime_ns for file in folder.glob("*.jinja")}

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert html(board) == text
    assert not kept()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert html(board) == text
    assert (first := kept())
    assert html(board) == text
    assert kept() == first


def test_links_of_the_literature_are_kept_if_they_lead_to_the_web(tmp_path):
    results = Results(tmp_path)
    Made(results).run(SVM)
    literature = [Reported("SVM", "3class", 0.5, "Who 2020", url="https://doi.org/10.1/x")]
    text = html(build.build([results], literature=lambda _: literature))
    assert '<a href="https://doi.org/10.1/x" rel="noreferrer">Who 2020</a>' in text


def test_names_are_escaped_everywhere(board):
    text = html(board)
    assert EVIL not in text
    assert "javascript:alert" not in text
    assert text.count("&lt;script&gt;document.title") >= 6


def test_simulated_tables_have_a_part_of_their_own(board):
    text = html(board)
    assert text.index("Simulated twins</h2>") > text.index(">ravdess ")
    assert text.count('<span class="tag sim">simulated</span>') == 1


def test_a_difference_that_rounds_to_nothing_has_no_minus(tmp_path):
    made = Made(Results(tmp_path), n_speakers=10)
    made.run(SVM, 1.0)
    made.run(SVM_NORM, 1.0)
    board = build.build([Results(tmp_path)])
    (table,) = board.tables
    rows = [replace(row, difference=replace(row.difference, effect=-1e-9)) for row in table.rows if row.difference]
    text = html(replace(board, tables=(replace(table, rows=tuple(rows)),)))
    assert "<b>+0.0</b>" in text
    assert "\N{MINUS SIGN}0.0" not in text


def test_an_empty_board_says_what_to_do(tmp_path):
    text = html(build.build([Results(tmp_path)]))
    assert "There is no finished run here yet" in text


@needs_chromium
def test_the_browser_asks_for_nothing_and_does_not_complain(page, file):
    page.run("document.querySelector('[data-key=uar]').click()")
    assert page.requests == [file.as_uri()]
    assert page.complaints == []
    assert page.run("document.title") == "sabench leaderboard"


@needs_chromium
def test_a_script_in_a_name_is_shown_as_text(page):
    names = page.run("[...document.querySelectorAll('.method strong')].map((e) => e.textContent)")
    assert EVIL in names


def order(page):
    script = "[...document.querySelectorAll('#t-1 .row')].filter((r) => !r.hidden).map((r) => r.cells[3].dataset.v)"
    return [float(value) for value in page.run(script)]


@needs_chromium
def test_a_click_on_a_heading_sorts_and_another_turns_the_order(page):
    page.run("document.getElementById('grouped').click()")
    page.run("document.querySelector('#t-1 [data-key=uar]').click()")
    assert order(page) == sorted(order(page), reverse=True)
    page.run("document.querySelector('#t-1 [data-key=uar]').click()")
    assert order(page) == sorted(order(page))
    assert page.run("document.querySelector('#t-1 th[aria-sort]').getAttribute('aria-sort')") == "ascending"


@needs_chromium
def test_rows_without_a_value_are_sorted_last(page):
    page.run("document.getElementById('grouped').click()")
    script = "[...document.querySelectorAll('#t-1 .row')].map((r) => r.cells[5].dataset.v)"
    for _ in range(2):
        page.run("document.querySelector('#t-1 [data-key=gain]').click()")
        values = page.run(script)
        assert values[-1] == ""
        assert "" not in values[:-1]


@needs_chromium
def test_rows_stay_in_their_access_group_unless_that_is_switched_off(page):
    page.run("document.querySelector('#t-1 [data-key=uar]').click()")
    script = (
        "[...document.querySelectorAll('#t-1 .row')].every((r) => r.parentElement.dataset.group === r.dataset.group)"
    )
    assert page.run(script) is True
    page.run("document.getElementById('grouped').click()")
    assert page.run(script) is False
    page.run("document.getElementById('grouped').click()")
    assert page.run(script) is True


def typed(page, text):
    page.run(
        f"(() => {{ const box = document.getElementById('filter'); box.value = {text!r};"
        " box.dispatchEvent(new Event('input')); })()"
    )
    return page.run("[...document.querySelectorAll('.row')].filter((r) => r.checkVisibility()).length")


@needs_chromium
def test_the_filter_shows_the_rows_that_match_all_words(page):
    assert typed(page, "svm-norm emodb") == 1
    assert page.run("document.getElementById('shown').textContent") == "1 of 6 methods"
    assert page.run("document.querySelectorAll('.board:not([hidden])').length") == 1
    assert typed(page, "nothing like it") == 0
    assert page.run("document.getElementById('nothing').hidden") is False
    assert typed(page, "") == 6


@needs_chromium
def test_a_table_of_controls_alone_is_shown_where_its_name_matches(page):
    shown = "[...document.querySelectorAll('.board')].filter((s) => s.checkVisibility()).map((s) => s.dataset.search)"
    assert "savee 3class loso" in page.run(shown)
    typed(page, "savee")
    assert page.run(shown) == ["savee 3class loso"]
    assert page.run("document.getElementById('nothing').hidden") is True
    typed(page, "emodb")
    assert "savee 3class loso" not in page.run(shown)


@needs_chromium
def test_an_access_group_can_be_hidden(page):
    page.run("document.querySelector('input[name=group][value=transductive]').click()")
    assert typed(page, "emodb") == 3
    assert page.run("document.querySelector('#t-1 tbody[data-group=transductive] .group').hidden") is True


@needs_chromium
@pytest.mark.parametrize("width", [390, 820, 1366])
def test_nothing_reaches_beyond_the_screen(browser, file, width):
    browser.open(file, width=width, height=844, mobile=width < 500)
    assert browser.run("document.documentElement.scrollWidth") <= width


@needs_chromium
def test_on_a_phone_every_number_has_its_heading(browser, file):
    browser.open(file, width=390, height=844, mobile=True)
    assert browser.run("getComputedStyle(document.querySelector('thead')).display") == "none"
    assert browser.run("getComputedStyle(document.querySelector('.row .uar'), '::before').content") == '"UAR %"'


@needs_chromium
def test_it_prints_without_its_controls(page):
    page.send("Emulation.setEmulatedMedia", media="print")
    assert page.run("getComputedStyle(document.querySelector('.controls')).display") == "none"
    assert page.run("getComputedStyle(document.querySelector('.save')).display") == "none"
    page.send("Emulation.setEmulatedMedia", media="")


@needs_chromium
def test_printed_rows_have_their_price_in_a_heading_or_in_a_column(page):
    script = "getComputedStyle(document.querySelector('#t-1 .row .access')).display"
    page.send("Emulation.setEmulatedMedia", media="print")
    assert page.run(script) == "none"
    page.run("document.getElementById('grouped').click()")
    assert page.run(script) == "table-cell"
    page.send("Emulation.setEmulatedMedia", media="")


@needs_chromium
def test_it_prints_on_few_pages(page):
    """Four tables, their pictures and what they say together; a page for each picture made it seven."""
    printed = page.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
    n_pages = len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed)))
    assert n_pages <= 6


@needs_chromium
def test_it_has_a_dark_face(page):
    script = "getComputedStyle(document.body).backgroundColor"
    light = page.run(script)
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.run(script) != light
    page.send("Emulation.setEmulatedMedia", features=[])
