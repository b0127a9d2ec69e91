import pytest
from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made, method

from sabench.errors import ResultsError
from sabench.interfaces.records import Access
from sabench.results.folder import Results
from sabench.verdicts.baselines import Baselines
from sabench.verdicts.entries import entries

RESNET = method("resnet", features="logspec")
ERESNET = method("eresnet", features="logspec", access=Access(neutral=1))


@pytest.fixture
def made(tmp_path):
    return Made(Results(tmp_path))


def held_against(made, wanted=None):
    found = entries(made.results)
    baselines = Baselines(found, wanted)
    return {entry.title: (other.title if (other := baselines.of(entry)) else None) for entry in found}


def test_a_normalised_method_is_held_against_its_own_adapter_unadapted(made):
    made.run(SVM, 0.3)
    made.run(RESNET, 0.9)
    made.run(SVM_NORM)
    assert held_against(made)["svm-norm"] == "svm"


def test_the_same_parameters_are_preferred(made):
    made.run(SVM)
    made.run(method("svm", parameters={"C": 0.1}, variant="C=0.1"))
    made.run(
        method(
            "svm-norm",
            parameters={"C": 0.1},
            variant="C=0.1",
            normaliser="speaker-zscore",
            access=Access(unlabelled="all"),
        )
    )
    assert held_against(made)["svm-norm (C=0.1)"] == "svm (C=0.1)"


def test_a_method_of_its_own_is_held_against_the_best_adapter_that_others_adapt(made):
    made.run(SVM, 0.5)
    made.run(method("invariant"), 0.9)
    made.run(SVM_NEUTRAL)
    made.run(ERESNET)
    found = held_against(made)
    assert found["eresnet"] == "svm"
    assert found["invariant"] == "svm"
    assert found["svm"] is None


def test_a_method_is_held_against_the_one_that_it_says_it_builds_on(made):
    made.run(SVM, 0.9)
    made.run(SVM_NORM)
    made.run(RESNET, 0.3)
    made.run(ERESNET, adapts="resnet")
    made.run(method("dat"), adapts="mlp")
    found = held_against(made)
    assert found["eresnet"] == "resnet"
    assert found["resnet"] == "svm"
    assert found["dat"] == "svm"
    made.run(method("mlp"), 0.2)
    assert held_against(made)["dat"] == "mlp"


def test_of_several_forms_of_what_it_builds_on_the_likest_is_taken(made):
    for width in (1.0, 0.5):
        made.run(method("resnet", features="logspec", parameters={"width": width}, variant=f"width={width}"))
    made.run(method("eresnet", features="logspec", parameters={"width": 0.5, "embedding": 8}), adapts="resnet")
    assert held_against(made)["eresnet"] == "resnet (width=0.5)"


def test_without_adapted_adapters_the_best_unadapted_method_is_the_baseline(made):
    made.run(SVM, 0.3)
    made.run(RESNET, 0.8)
    made.run(ERESNET)
    assert held_against(made) == {"svm": "resnet", "resnet": None, "eresnet": "resnet"}


def test_a_wanted_baseline_is_that_of_all(made):
    made.run(SVM)
    made.run(RESNET)
    made.run(SVM_NORM)
    assert held_against(made, "resnet") == {"svm": "resnet", "resnet": None, "svm-norm": "resnet"}


def test_an_unknown_baseline_is_refused_with_a_hint(made):
    made.run(SVM_NORM)
    with pytest.raises(ResultsError, match="No method 'svm-nrom' ran on emodb 3class.* Did you mean 'svm-norm'"):
        held_against(made, "svm-nrom")


def test_without_an_unadapted_method_there_is_no_baseline(made):
    made.run(SVM_NORM)
    assert held_against(made) == {"svm-norm": None}


def test_an_unfinished_method_is_no_baseline(made):
    made.run(SVM, missing=["s01"])
    made.run(SVM_NORM)
    assert held_against(made)["svm-norm"] is None
