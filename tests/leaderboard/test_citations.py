import re

from made_results import SVM, SVM_NORM, Made, method

from sabench.leaderboard import build
from sabench.leaderboard.citations import Citations, citations
from sabench.leaderboard.page import html
from sabench.registry.registry import Registry
from sabench.results.folder import Results


def test_each_row_leads_to_what_it_stands_on(tmp_path):
    results = Results(tmp_path)
    made = Made(results)
    made.run(SVM)
    norm = made.run(SVM_NORM, run_id="norm")
    known = citations(Registry(), results.runs())
    text = html(build.build([results]), citations=known)
    cited = " ".join(known.entries[number - 1] for number in known.of[norm.run_id])
    assert {"vlasenko2007frame", "eyben2016geneva", "emodb"} <= set(re.findall(r"@\w+\{([^,]+),", cited))
    anchors = {int(number) for number in re.findall(r'href="#ref-(\d+)"', text)}
    assert anchors == {number for numbers in known.of.values() for number in numbers}
    assert text.count('<li id="ref-') == len(known.entries) == len(set(known.entries))
    assert known.entries[-1].startswith("@software{sabench,")


def test_a_plugin_that_is_not_installed_leaves_the_rest(tmp_path):
    results = Results(tmp_path)
    Made(results).run(method("strange"), run_id="strange")
    known = citations(Registry(), results.runs())
    cited = " ".join(known.entries[number - 1] for number in known.of["strange"])
    assert "eyben2016geneva" in cited
    assert "@misc{emodb," in cited


def test_references_are_escaped(tmp_path):
    results = Results(tmp_path)
    Made(results).run(SVM, run_id="one")
    text = html(build.build([results]), citations=Citations(("<script>alert(1)</script>",), {"one": (1,)}))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
