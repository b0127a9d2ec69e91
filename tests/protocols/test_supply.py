import pytest
import tiny

from sabench import ALL, Access, AccessError, PlanError
from sabench.protocols.draws import draws_for

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def plan(tones, tmp_path):
    return lambda *adapters, **values: tiny.plan(tones, tmp_path, adapters=adapters or ("nearest",), **values)


def test_draws_that_make_no_difference_are_not_made():
    asked = ["first", "nth:1", "zeros", "other-speaker"]
    assert [str(draw) for draw in draws_for(Access(), asked)] == ["first"]
    assert [str(draw) for draw in draws_for(Access(unlabelled=ALL), asked)] == ["first", "other-speaker"]
    assert [str(draw) for draw in draws_for(Access(neutral=1), asked)] == asked
    assert [str(draw) for draw in draws_for(Access(1, ALL), asked)] == asked
    assert [str(draw) for draw in draws_for(Access(unlabelled=ALL), ["zeros"])] == ["first"]


@pytest.mark.parametrize(("access", "has"), [(Access(neutral=1), True), (Access(1, 10), True), (Access(0, 10), False)])
def test_what_is_emotional_can_only_stand_for_what_is_neutral(access, has):
    assert [str(draw) for draw in draws_for(access, ["first", "emotional"])] == ["first", "emotional"][: 1 + has]
    assert [str(draw) for draw in draws_for(access, ["emotional"])] == ["emotional" if has else "first"]


# Refusals


def test_a_method_that_needs_more_than_speakers_have_is_refused_by_name(plan):
    message = (
        r"nearest-to-neutral \(neutral=2\) needs 2 neutral of every target speaker: s\d has 1 neutral in its pool "
        r"where 2 are needed \(first\) and 3 more speakers \(s\d, s\d, s\d ...\). Reserve more with --pool neutral=2, "
        r"drop such speakers for all methods with --pool neutral=2,require, or let them give what they have with "
        r"--accept-fewer."
    )
    with pytest.raises(AccessError, match=message):
        tiny.planned_runs(plan("nearest-to-neutral", settings={"adapter.neutral": 2}))


def test_the_refusal_of_a_later_draw_says_how_large_a_pool_it_needs(plan):
    with pytest.raises(AccessError, match="Reserve more with --pool neutral=3"):
        tiny.planned_runs(plan("nearest-to-neutral", draws=["nth:2"]))


def test_a_control_that_nobody_can_stand_in_for_is_refused(plan, tones, tmp_path):
    text = tones.read_text().replace("wav/", f"{tones.parent}/wav/")
    lines = [line.replace("true", "false") if ",train" in line else line for line in text.splitlines()]
    table = tmp_path / "without_neutral.csv"
    table.write_text("\n".join(lines))
    wanted = tiny.plan(
        table, tmp_path, adapters="nearest-to-neutral", protocol="challenge", draws=["first", "other-speaker"]
    )
    with pytest.raises(PlanError, match="no training speaker of fold challenge has 1 neutral. Use another draw"):
        tiny.planned_runs(wanted)
