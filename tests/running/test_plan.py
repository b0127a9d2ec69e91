from pathlib import Path

import pytest

from sabench import PlanError
from sabench.interfaces.records import Twin
from sabench.protocols.folds import PoolRule
from sabench.running.plan import Plan

FULL = {
    "adapters": ["svm", "svm-norm"],
    "datasets": ["emodb", "ravdess:4class"],
    "roots": {"emodb": Path("/corpora/emodb")},
    "features": "is09",
    "normaliser": "corpus-zscore",
    "settings": {"svm.C": 0.1, "svm.class_weight": None, "svm.kernel": "linear"},
    "protocol": "speaker-kfold:3",
    "pool": "neutral=2,unlabelled=3,scored-too",
    "seeds": [0, 1],
    "draws": ["first", "nth:3", "random:1/5"],
    "validation_as_training": False,
    "search": True,
    "twin": {"scale": 0.1},
    "threads": 2,
    "device": "cpu",
    "jobs": 3,
    "results": "elsewhere",
    "track": False,
}


def build(**values):
    return Plan.build({"adapters": ["svm"], "datasets": ["emodb"], **values})


def faults(**values):
    with pytest.raises(PlanError) as caught:
        build(**values)
    return str(caught.value)


def read(tmp_path, text, **changes):
    (tmp_path / "plan.toml").write_text(text)
    return Plan.read(tmp_path / "plan.toml", changes)


def test_a_plan_of_names_alone_has_the_documented_defaults():
    plan = build()
    assert (plan.seeds, plan.draws, plan.pool, plan.protocol) == ((0,), ("first",), PoolRule(), None)
    assert (plan.results, plan.track, plan.validation_as_training) == (Path("sabench-results"), True, True)


def test_a_single_value_stands_for_a_list_of_one():
    assert build(adapters="svm", datasets="emodb", seeds=3, draws="zeros") == build(seeds=[3], draws=["zeros"])


def test_a_plan_written_as_toml_reads_back_the_same(tmp_path):
    values = {**FULL, "settings": {key: value for key, value in FULL["settings"].items() if value is not None}}
    plan = Plan.build(values)
    assert read(tmp_path, plan.toml()) == plan


def test_the_defaults_read_back_the_same(tmp_path):
    assert read(tmp_path, build().toml()) == build()


def test_flags_win_over_the_file(tmp_path):
    text = 'adapters = "svm"\ndatasets = "emodb"\nseeds = [1, 2]\njobs = 2\n'
    plan = read(tmp_path, text, seeds=[5], pool="neutral=0")
    assert (plan.seeds, plan.jobs, plan.pool.neutral) == ((5,), 2, 0)


def test_a_flag_changes_one_entry_of_a_table_and_keeps_the_others(tmp_path):
    text = 'adapters = "svm"\ndatasets = "aibo"\n[settings]\n"svm.C" = 1\n"svm.kernel" = "rbf"\n[twin]\nscale = 0.1\n'
    plan = read(tmp_path, text, settings={"svm.C": 5}, twin={"seed": 3})
    assert plan.settings == {"svm.C": 5, "svm.kernel": "rbf"}
    assert plan.twin == Twin(scale=0.1, seed=3)


def test_settings_can_be_tables(tmp_path):
    plan = read(tmp_path, 'adapters = "svm"\ndatasets = "emodb"\n[settings.svm]\nC = 0.1\n', settings={"svm.gamma": 2})
    assert plan.settings == {"svm.C": 0.1, "svm.gamma": 2}


def test_a_value_that_is_a_table_stays_one():
    assert build(settings={"svm.weights": {"a": 1}}).settings == {"svm.weights": {"a": 1}}


# Errors


def test_all_faults_are_told_at_once():
    told = faults(adapters=[], jobs=0, device="tpu", draws=["last"], pool="neutral=x", sedes=[1])
    assert told.startswith("The plan cannot be carried out: ")
    assert "adapters: Tuple should have at least 1 item" in told
    assert "jobs: Input should be greater than or equal to 1 (given: 0)" in told
    assert "device: String should match pattern" in told
    assert "draws: Draw 'last' is not one of first, nth, random, other-speaker" in told
    assert "pool: 'neutral=x' is no pool rule; write for example neutral=5" in told
    assert "'sedes' is not part of a plan. Did you mean 'seeds'?" in told


def test_what_is_needed_is_asked_for():
    with pytest.raises(PlanError, match=r"adapters: Field required.*datasets: Field required"):
        Plan.build({})


@pytest.mark.parametrize("pool", [{"neutral": -1}, {"unlabelled": -2}])
def test_a_negative_pool_is_refused(pool):
    assert f"pool: {next(iter(pool))} is below zero" in faults(pool=pool)


def test_an_unknown_word_in_a_table_of_the_pool_is_refused():
    assert "pool.neutrals: Unexpected keyword argument" in faults(pool={"neutrals": 1})


@pytest.mark.parametrize(
    ("twin", "words"),
    [
        ({"scale": 0}, "twin: The scale of a twin is 0"),
        ({"scale": 1.5}, "twin: The scale of a twin is 1.5"),
        ({"speaker_effect": -1}, "twin: The speaker effect of a twin is -1"),
        ({"size": 1}, "twin.size: Unexpected keyword argument"),
    ],
)
def test_a_twin_that_cannot_be_made_is_refused(twin, words):
    assert words in faults(twin=twin)


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(PlanError, match=r"none.toml cannot be read: No such file.*sabench run ... --print-plan"):
        Plan.read(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"adapters = [", b"\xff\xfe"])
def test_a_file_that_is_no_toml_says_so(tmp_path, content):
    (tmp_path / "plan.toml").write_bytes(content)
    with pytest.raises(PlanError, match=r"plan.toml is not TOML: "):
        Plan.read(tmp_path / "plan.toml")


# Pools


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", PoolRule()),
        ("neutral=0", PoolRule(neutral=0)),
        (" neutral=5 , unlabelled=10,labelled=2", PoolRule(5, 10, 2)),
        ("scored-too,require", PoolRule(scored_too=True, require=True)),
        ("scored_too", PoolRule(scored_too=True)),
    ],
)
def test_pool_rules_are_read_from_text(text, rule):
    assert PoolRule.parse(text) == rule


@pytest.mark.parametrize("text", ["neutral", "neutral=-1", "neutral=1.5", "5", "require=1", "emotional=3", "neutral=²"])
def test_what_is_no_pool_rule_is_refused(text):
    with pytest.raises(ValueError, match=f"'{text}' is no pool rule"):
        PoolRule.parse(text)
