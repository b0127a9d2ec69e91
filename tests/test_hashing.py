import hashlib
import json
from pathlib import Path

import pytest

from sabench import Access, Draw
from sabench.cells.keys import evaluation_key, fit_key
from sabench.hashing import canonical, derive_seed, digest, plain, shuffled
from sabench.interfaces.records import Component, Method

SVM = Component("svm", "1", {"C": 1.0, "k": 1})
ZSCORE = Component("speaker-zscore", "1", {"unlabelled": "all"})
EGEMAPS = Component("egemaps", "1", {})


def method(name="svm", adapter=SVM, normaliser=None, variant=""):
    return Method(name, adapter, normaliser, EGEMAPS, Access(), variant)


def key(method=None, *, protocol="p", fold="f", kept=(), **changes):
    conditions = {"seed": 0, "threads": 1, "device": "cpu", "validation_as_training": True, "search": {}, **changes}
    return fit_key(protocol, fold, method or globals()["method"](), evaluation_parameters=kept, **conditions)


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert canonical({"a": 1, "b": {"d": 2, "c": 3}}) == canonical({"b": {"c": 3, "d": 2}, "a": 1})


def test_canonical_json_keeps_letters_as_they_are():
    assert canonical({"é": "ß"}) == '{"é":"ß"}'


def test_what_is_no_number_cannot_be_hashed():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_records_tuples_sets_and_paths_become_json():
    value = plain({"rule": Draw("nth", 2), 3: ("x", {"b", "a"}), "path": Path("a/b")})
    assert value == {"rule": {"kind": "nth", "index": 2, "k": None}, "3": ["x", ["a", "b"]], "path": "a/b"}
    assert json.loads(canonical(value)) == value


def test_a_digest_is_the_same_in_every_process_and_version():
    # Written down once: a change here makes every result that users have kept unreadable.
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b"


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "text",
        (1, 2.5, None),
        {"b": [], 3: ("x", {"b", "a"}), "é": {"z": True, "a": [1]}},
        {"folds": [{"train": ["a"] * 5, "number": number} for number in range(150)], "a": 0},
        [Draw("nth", 2)] * 65,
    ],
)
def test_a_digest_made_in_parts_is_that_of_the_whole_text(value):
    assert digest(value) == hashlib.sha256(canonical(value).encode()).hexdigest()[:20]


def test_seeds_depend_on_every_part():
    parts = (0, "emodb", "7class", "03", "svm")
    seeds = {derive_seed(*parts)} | {derive_seed(*parts[:i], "other", *parts[i + 1 :]) for i in range(len(parts))}
    assert len(seeds) == 6
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_shuffle_follows_ids_and_salt_alone():
    ids = [f"u{i}" for i in range(20)]
    assert shuffled(ids, "a") == shuffled(reversed(ids), "a") != shuffled(ids, "b")
    assert shuffled(ids, "a") != ids


def test_an_element_keeps_its_place_among_others_when_ids_are_left_out():
    ids = [f"u{i}" for i in range(20)]
    assert [i for i in shuffled(ids, "a") if i in ids[:10]] == shuffled(ids[:10], "a")


def test_two_names_of_one_method_have_one_fit_key():
    assert key(method("svm-norm", normaliser=ZSCORE)) == key(method("svm", normaliser=ZSCORE, variant="x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": "q"},
        {"fold": "g"},
        {"seed": 1},
        {"threads": 2},
        {"device": "cuda"},
        {"validation_as_training": False},
        {"search": {"C": [1]}},
        {"method": method(normaliser=ZSCORE)},
        {"method": method(adapter=Component("svm", "2", SVM.parameters))},
        {"method": method(adapter=Component("svm", "1", {"C": 2.0, "k": 1}))},
    ],
)
def test_whatever_may_change_a_fit_changes_its_key(changes):
    assert key(**changes) != key()


def test_evaluation_parameters_do_not_change_the_fit_key():
    other = method(adapter=Component("svm", "1", {"C": 1.0, "k": 5}))
    assert key(other, kept=["k"]) == key(kept=["k"])
    assert key(other) != key()


def test_an_evaluation_is_known_by_fit_draw_and_parameters():
    keys = {
        evaluation_key("fit", Draw(), {}),
        evaluation_key("other", Draw(), {}),
        evaluation_key("fit", Draw("nth", 1), {}),
        evaluation_key("fit", Draw("first", k=5), {}),
        evaluation_key("fit", Draw(), {"k": 2}),
    }
    assert len(keys) == 5
