import numpy as np
import pytest
import tiny

from sabench import ALL, ContractError, FeatureView, Memory
from sabench.cells.evaluating import checked, evaluate, refuse_dependent_rows, with_evaluation_parameters
from sabench.cells.fitting import CellData, FittedMethod, fit
from sabench.cells.folder import CellFolder

pytestmark = pytest.mark.usefixtures("warm")
GOOD = np.array([[0.25, 0.75], [1.0, 0.0]])


@pytest.fixture
def evaluated(tones, tmp_path):
    """Return probabilities of fold s0."""

    def run(adapter="nearest", **values):
        cell, *_ = tiny.cells(tiny.plan(tones, tmp_path, adapters=adapter, **values))
        folder = CellFolder(cell.folder)
        folder.path.mkdir(parents=True, exist_ok=True)
        data = CellData(cell)
        method, _ = fit(cell, folder, data)
        return [evaluate(method, evaluation, data, len(cell.classes)) for evaluation in cell.evaluations]

    return run


# What predictions must be


def test_good_probabilities_pass_as_they_are():
    assert np.array_equal(checked(GOOD, 2, 2, "Mine"), GOOD)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (GOOD[:1], r"Mine.predict_proba gave shape \(1, 2\); expected \(2, 2\): a row an utterance"),
        (GOOD[:, :1], r"gave shape \(2, 1\); expected \(2, 2\)"),
        (np.array([[np.nan, 0.5], [np.inf, 0.5]]), "gave 2 values that are not finite numbers"),
        (np.array([[0.5, 0.5], [0.5, 0.6]]), r"rows that are no probabilities \(a sum of 1.1\)"),
        (np.array([[0.5, 0.5], [1.5, -0.5]]), "rows that are no probabilities"),
    ],
)
def test_predictions_that_break_the_contract_are_refused(given, words):
    with pytest.raises(ContractError, match=words):
        checked(given, 2, 2, "Mine")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nan", "Faulty.predict_proba gave 24 values that are not finite"),
        ("shape", r"gave shape \(8, 2\); expected \(8, 3\)"),
        ("sums", "a sum of 2"),
        ("batch", r"Faulty: a prediction changes by .* predicted alone.*declares Access\(unlabelled=ALL\)"),
        ("order", "Faulty: a prediction changes by .* in another order"),
        ("memory", r"enrolling the same speaker again changes a prediction.*enrol\(\) leaves the adapter unchanged"),
    ],
)
def test_an_adapter_that_cheats_is_caught(evaluated, fault, words):
    with pytest.raises(ContractError, match=words):
        evaluated("faulty", normaliser="speaker-zscore", settings={"faulty.fault": fault})


def test_honest_adapters_pass(evaluated):
    for adapter in ("nearest", "nearest-norm", "nearest-to-neutral", "svm"):
        (probabilities,) = evaluated(adapter, features="tone")
        assert probabilities.shape == (8, 3)


# Independence of rows


class Mean:
    """Predicts the same for all rows of a call, from all rows of the call."""

    def __init__(self, weight):
        self.weight = weight

    def predict_proba(self, features):
        shared = float(np.clip(features.stack().mean(), 0, 1)) * self.weight
        return np.tile([shared, 1 - shared], (len(features), 1))


def view(n):
    return FeatureView(Memory(np.full((n, 1), np.linspace(0, 1, n)[:, None], dtype=np.float32)))


def test_a_dependence_below_the_tolerance_passes():
    features = view(10)
    refuse_dependent_rows(Mean(1e-5), features, Mean(1e-5).predict_proba(features), "Mean")


def test_a_dependence_above_the_tolerance_is_told_with_its_size():
    features = view(10)
    with pytest.raises(ContractError, match=r"Mean: a prediction changes by 0.05 .* \(allowed: 0.0001\)"):
        refuse_dependent_rows(Mean(0.1), features, Mean(0.1).predict_proba(features), "Mean")


def test_a_single_utterance_depends_on_nothing():
    refuse_dependent_rows(Mean(1.0), view(1), Mean(1.0).predict_proba(view(1)), "Mean")


class Whole(tiny.Nearest):
    """Looks at all utterances of a target, and says so."""

    access = tiny.Access(unlabelled=ALL)

    def enrol(self, enrolment):
        self.active_, self.fault = True, "batch"
        return tiny.FaultyPredictor(self)


def test_a_transductive_adapter_may_look_at_all_utterances(tones, tmp_path):
    cell, *_ = tiny.cells(tiny.plan(tones, tmp_path, adapters="nearest"))
    data, adapter = CellData(cell), Whole()
    adapter.fit(data.utterances(cell.training), [], context=None)
    assert evaluate(FittedMethod(adapter, None), cell.evaluations[0], data, 3).shape == (8, 3)


# Evaluation parameters


def test_evaluation_parameters_change_a_copy(evaluated):
    method = FittedMethod(tiny.Nearest(sharpness=1.0), None)
    changed = with_evaluation_parameters(method, {"sharpness": 3.0})
    assert (method.adapter.sharpness, changed.adapter.sharpness) == (1.0, 3.0)


def test_evaluation_parameters_change_the_predictions(evaluated):
    (sharp,), (soft,) = (evaluated(settings={"nearest.sharpness": s}) for s in (1.0, 0.01))
    assert (sharp.max(axis=1) > soft.max(axis=1) + 0.1).any()


def test_draws_differ_where_the_enrolment_matters(evaluated):
    own, other, zeros = evaluated("nearest-to-neutral", draws=["first", "other-speaker", "zeros"])
    assert np.abs(own - other).max() > 0.1
    assert np.abs(own - zeros).max() > 0.1


def test_a_target_without_utterances_gives_no_rows(tones, tmp_path):
    cell, *_ = tiny.cells(tiny.plan(tones, tmp_path))
    empty = type(cell.evaluations[0])("key", "first", {}, ())
    assert evaluate(FittedMethod(tiny.Nearest(), None), empty, CellData(cell), 3).shape == (0, 3)
