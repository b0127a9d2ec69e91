from typing import Annotated, Literal

import pytest
from pydantic import Field

from sabench import ContractError, ParameterError
from sabench.interfaces.plugins import Plugin
from sabench.registry.parameters import parse, resolve


class Example(Plugin):
    name = "example"

    def __init__(
        self,
        size: Annotated[int, Field(ge=1)] = 4,
        rate: float = 1,
        kernel: Literal["rbf", "linear"] = "rbf",
        weights: tuple[float, ...] | None = None,
    ) -> None:
        self.size, self.rate, self.kernel, self.weights = size, rate, kernel, weights


class Required(Plugin):
    name = "required"

    def __init__(self, size: int) -> None:
        self.size = size


def faults(cls, **given):
    with pytest.raises(ParameterError) as caught:
        resolve(cls, "example", given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1e-3", 0.001),
        ("True", True),
        ("false", False),
        ("null", None),
        ("None", None),
        ('{"a": [1]}', {"a": [1]}),
        ("linear", "linear"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("", ""),
    ],
)
def test_what_a_user_types_is_read_as_json_where_it_is_json(text, value):
    read = parse(text)
    assert (read, type(read)) == (value, type(value))


def test_defaults_are_filled_in():
    assert resolve(Example, "example", {}) == {"size": 4, "rate": 1.0, "kernel": "rbf", "weights": None}


def test_a_default_and_the_same_value_set_are_the_same():
    left, given = resolve(Example, "example", {}), resolve(Example, "example", {"rate": 1})
    assert type(left["rate"]) is type(given["rate"]) is float


def test_values_are_taken_in_the_type_that_is_annotated():
    given = resolve(Example, "example", {"rate": "0.5", "weights": [1, 2]})
    assert (given["rate"], given["weights"]) == (0.5, (1.0, 2.0))


def test_an_unknown_parameter_is_told_with_a_hint_and_what_there_is():
    told = faults(Example, kernl="rbf")
    assert told == "example has no parameter 'kernl'. Did you mean 'kernel'? It has: size, rate, kernel, weights."


def test_all_wrong_values_are_told_at_once():
    told = faults(Example, size="many", kernel="cubic")
    assert "size is 'many'; input should be a valid integer" in told
    assert "kernel is 'cubic'; input should be 'rbf' or 'linear'" in told


def test_annotated_bounds_hold():
    assert "size is 0; input should be greater than or equal to 1" in faults(Example, size=0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "NaN"])
def test_what_is_no_finite_number_is_refused(value):
    assert "input should be a finite number" in faults(Example, rate=value)


def test_a_parameter_without_default_must_be_given():
    assert "size is {}; field required" in faults(Required)


def test_a_parameter_without_annotation_is_a_fault_of_the_plugin():
    class Bare(Plugin):
        def __init__(self, size=4) -> None:
            self.size = size

    with pytest.raises(ContractError, match=r"Bare.__init__ does not annotate 'size'"):
        resolve(Bare, "bare", {})


def test_an_annotation_that_cannot_be_read_is_a_fault_of_the_plugin():
    class Torn(Plugin):
        def __init__(self, size: "Nowhere" = 4) -> None:  # noqa: F821
            self.size = size

    with pytest.raises(ContractError, match=r"annotations of Torn.__init__ cannot be read: name 'Nowhere'"):
        resolve(Torn, "torn", {})


def test_a_plugin_without_parameters_says_so():
    class Plain(Plugin):
        name = "plain"

    assert faults(Plain, size=1) == "example has no parameter 'size'. It has: no parameters."
