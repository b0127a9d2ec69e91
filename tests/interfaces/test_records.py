import pytest

from sabench import ALL, Access, Draw, Fault, ParameterError
from sabench.interfaces.records import Component, Method, Twin


@pytest.mark.parametrize(
    ("access", "text", "group"),
    [
        (Access(), "none", "none"),
        (Access(neutral=1), "1 neutral", "neutral"),
        (Access(unlabelled=5), "5 unlabelled", "unlabelled"),
        (Access(neutral=2, unlabelled=3), "2 neutral + 3 unlabelled", "unlabelled"),
        (Access(unlabelled=ALL), "transductive", "transductive"),
        (Access(1, ALL), "1 neutral + transductive", "transductive"),
        (Access(labelled=2), "2 labelled", "labelled"),
        (Access(1, ALL, 2), "1 neutral + transductive + 2 labelled", "labelled"),
    ],
)
def test_access_is_told_in_words_and_in_its_class_of_price(access, text, group):
    assert (str(access), access.group) == (text, group)


def test_access_together_is_the_element_wise_maximum():
    assert Access(1, 5, 0) | Access(2, 3, 1) == Access(2, 5, 1)
    assert Access(1, 5) | Access(unlabelled=ALL) == Access(1, ALL) == Access(unlabelled=ALL) | Access(1, 5)


@pytest.mark.parametrize("amounts", [{"neutral": -1}, {"labelled": ALL}, {"neutral": 1.5}, {"unlabelled": "most"}])
def test_an_access_of_no_amount_is_refused(amounts):
    with pytest.raises(ValueError, match=f"Access.{next(iter(amounts))} is .*; expected a whole number, zero or more"):
        Access(**amounts)


@pytest.mark.parametrize("text", ["first", "nth:3", "random:0", "random:12/5", "first/5", "other-speaker", "zeros"])
def test_a_draw_reads_back_as_it_is_written(text):
    assert str(Draw.parse(text)) == text


@pytest.mark.parametrize("text", ["", "last", "nth:x", "first/x", "nth:-1", "nth:²"])
def test_what_is_no_draw_is_refused_with_what_there_is(text):
    with pytest.raises(ValueError, match=f"Draw '{text}' is not one of first, nth, random, other-speaker"):
        Draw.parse(text)


def test_controls_are_known_as_such():
    controls = [kind for kind in Draw.KINDS if Draw(kind).control]
    assert controls == ["other-speaker", "mean", "zeros", "emotional"]


def test_a_fault_tells_its_place():
    told = [str(Fault("No label.", *place)) for place in ((), ("a.csv",), ("a.csv", 3))]
    assert told == ["No label.", "a.csv: No label.", "a.csv:3: No label."]


def test_a_method_is_titled_with_its_variant():
    svm, features = Component("svm", "1"), Component("egemaps", "1")
    assert Method("svm", svm, None, features, Access()).title == "svm"
    assert Method("svm", svm, None, features, Access(), "C=0.1").title == "svm (C=0.1)"


@pytest.mark.parametrize(
    ("values", "words"),
    [({"scale": 0}, "The scale of a twin is 0; expected a number above 0"), ({"speaker_effect": -1}, "expected 0 or")],
)
def test_a_twin_outside_its_range_is_refused(values, words):
    with pytest.raises(ParameterError, match=words):
        Twin(**values)
