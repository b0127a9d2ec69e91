"""Networks take any features of a kind: other numbers of functionals, as embeddings have, and other numbers of bins."""

from inspect import signature

import numpy as np
import pytest
import tiny
from fit_context import context
from made_speakers import utterances

from sabench import Alias, Enrolment, PlanError
from sabench.registry.registry import Registry

EPOCHS = {"epochs": 1}


def networks(kind: str) -> list[str]:
    """Return the names of all methods that train a network on this kind of features."""
    registry = Registry()
    names = [offer.name for offer in registry.offers("adapters") if offer.distribution == "sabench"]
    methods = {name: registry.get("adapters", name) for name in names}
    classes = {
        name: registry.get("adapters", offer.adapter) if isinstance(offer, Alias) else offer
        for name, offer in methods.items()
    }
    return [
        name for name, method in classes.items() if kind in method.accepts and "epochs" in signature(method).parameters
    ]


ON_FUNCTIONALS, ON_SEQUENCES = networks("functionals"), networks("sequences")


def test_they_are_all_there():
    assert {"mlp", "film", "concat", "enrolment-attention", "adabn", "tent", "dat", "menan", "crossgrad"} <= {
        *ON_FUNCTIONALS
    }
    assert {"resnet", "eresnet", "twochannel", "resnet-norm", "tdnn", "tap", "dat", "menan"} <= {*ON_SEQUENCES}


def made(name: str):
    """Return a method as the registry makes it, small."""
    registry = Registry()
    offer = registry.get("adapters", name)
    of, parameters = (offer.adapter, offer.parameters) if isinstance(offer, Alias) else (name, {})
    small = registry.get("adapters", of).check_parameters
    return registry.create("adapters", of, {**small, **parameters, **EPOCHS})


def predicted(name: str, **shape: int) -> np.ndarray:
    adapter = made(name)
    # A speaker embedding at the end of functionals comes on top of any number of them.
    width = shape.pop("width", 3) + getattr(adapter, "speaker_values", 0)
    train = utterances(speakers=2, n_per_class=2, width=width, **shape)
    adapter.fit(train, [], context=context())
    return adapter.enrol(Enrolment(neutral=train.features[:1])).predict_proba(train.features)


@pytest.mark.parametrize("width", [1, 88, 1024])
@pytest.mark.parametrize("name", ON_FUNCTIONALS)
def test_any_number_of_functionals_is_taken(name, width):
    assert np.allclose(predicted(name, width=width).sum(axis=1), 1)


@pytest.mark.parametrize("bins", [2, 24, 201])
@pytest.mark.parametrize("name", ON_SEQUENCES)
def test_any_number_of_bins_is_taken(name, bins):
    assert np.allclose(predicted(name, width=bins, frames=20).sum(axis=1), 1)


@pytest.mark.parametrize("features", ["tone", "egemaps", "is09", "embeddings"])
def test_a_plan_pairs_them_with_any_functionals(features, tmp_path):
    runs = tiny.planned_runs(tiny.plan_in(tmp_path, adapters=list(ON_FUNCTIONALS), features=features))
    assert [run.record.method.features.name for run in runs] == [features] * len(ON_FUNCTIONALS)


@pytest.mark.parametrize("features", ["tone-frames", "logmel", "logspec"])
def test_a_plan_pairs_them_with_any_sequences(features, tmp_path):
    runs = tiny.planned_runs(tiny.plan_in(tmp_path, adapters=list(ON_SEQUENCES), features=features))
    assert [run.record.method.features.name for run in runs] == [features] * len(ON_SEQUENCES)


def test_the_small_network_on_functionals_says_what_it_takes(tmp_path):
    with pytest.raises(PlanError, match="mlp takes functionals; logmel gives sequences"):
        tiny.planned_runs(tiny.plan_in(tmp_path, adapters=["mlp"], features="logmel"))
