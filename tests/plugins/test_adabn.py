import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from fit_context import Kept, context
from made_speakers import utterances

from sabench import Access, Enrolment
from sabench_plugins.adapters.adabn import AdaBn
from sabench_plugins.adapters.mlp_batchnorm import MlpBatchNorm
from sabench_plugins.adapters.tent import Tent

SMALL = {"units": 16, "epochs": 12, "learning_rate": 0.01, "dropout": 0.0}


def fitted(kind=AdaBn, **parameters):
    adapter = kind(**{**SMALL, **parameters})
    adapter.fit(utterances(offset=0.0), [], context=context())
    return adapter


@pytest.fixture(scope="module")
def adabn() -> AdaBn:
    return fitted()


def shifted(by: float):
    of = utterances(speakers=1, offset=0.0, seed=7)
    return of.features.map(lambda array: array + np.float32(by)), of.y


def hits(adapter, heard, features, y) -> float:
    said = adapter.enrol(Enrolment(unlabelled=heard)).predict_proba(features).argmax(axis=1)
    return float((said == y).mean())


def entropy(probabilities: np.ndarray) -> float:
    return float(-(probabilities * np.log(probabilities + 1e-12)).sum(axis=1).mean())


def test_a_shifted_speaker_is_brought_back(adabn):
    features, y = shifted(2.0)
    assert hits(adabn, features, features, y) > 0.9
    assert hits(adabn, features[:0], features, y) < 0.7


def test_on_the_training_set_itself_hardly_anything_changes(adabn):
    train = utterances(offset=0.0)
    plain, own = (
        adabn.enrol(Enrolment(unlabelled=heard)).predict_proba(train.features)
        for heard in (train.features[:0], train.features)
    )
    assert (plain.argmax(axis=1) == own.argmax(axis=1)).mean() > 0.95


def test_with_nothing_heard_it_is_the_control(adabn):
    features, _ = shifted(1.0)
    plain = fitted(MlpBatchNorm).enrol(Enrolment()).predict_proba(features)
    assert np.array_equal(adabn.enrol(Enrolment()).predict_proba(features), plain)


def test_the_statistics_are_those_of_what_was_heard(adabn):
    features, _ = shifted(1.0)
    network = adabn.enrol(Enrolment(unlabelled=features)).network
    with torch.no_grad():
        first = network.first((torch.from_numpy(features.stack()) - network.mean) / network.scale)
    assert torch.allclose(network.first_norm.running_mean, first.mean(dim=0), atol=1e-5)
    assert torch.allclose(network.first_norm.running_var, first.var(dim=0, correction=0), atol=1e-5)


def test_statistics_of_training_hold_back(adabn):
    features, _ = shifted(2.0)
    held = AdaBn(**SMALL, source_weight=1e6)
    held.network_ = adabn.network_
    plain = adabn.enrol(Enrolment()).predict_proba(features)
    assert held.enrol(Enrolment(unlabelled=features)).predict_proba(features) == pytest.approx(plain, abs=1e-3)


def test_one_utterance_has_no_spread(adabn):
    features, _ = shifted(2.0)
    plain = adabn.enrol(Enrolment()).predict_proba(features)
    assert np.array_equal(adabn.enrol(Enrolment(unlabelled=features[:1])).predict_proba(features), plain)


def test_tent_is_more_certain_and_without_steps_it_is_adabn(adabn):
    features, _ = shifted(1.0)
    at = {}
    for steps in (0, 20):
        tent = Tent(**SMALL, steps=steps, tent_rate=0.01)
        tent.network_ = adabn.network_
        at[steps] = tent.enrol(Enrolment(unlabelled=features)).predict_proba(features)
    assert np.array_equal(at[0], adabn.enrol(Enrolment(unlabelled=features)).predict_proba(features))
    assert entropy(at[20]) < entropy(at[0])


def test_tent_moves_only_factors_and_offsets_and_says_the_same_again(adabn):
    features, _ = shifted(1.0)
    tent = Tent(**SMALL)
    tent.network_ = adabn.network_
    before = {name: value.clone() for name, value in adabn.network_.state_dict().items()}
    one, again = (tent.enrol(Enrolment(unlabelled=features)) for _ in range(2))
    moved = {name for name, value in one.network.state_dict().items() if not torch.equal(value, before[name])}
    kinds = {"weight", "bias", "running_mean", "running_var"}
    assert moved == {f"{layer}_norm.{kind}" for layer in ("first", "second") for kind in kinds}
    assert all(torch.equal(value, before[name]) for name, value in adabn.network_.state_dict().items())
    assert np.array_equal(one.predict_proba(features), again.predict_proba(features))


def test_a_batch_of_one_is_trained_on():
    adapter = AdaBn(units=4, epochs=2, batch_size=1)
    history: list[dict[str, float]] = []
    adapter.fit(utterances(speakers=2, n_per_class=1), [], context=context(history=history))
    assert all(math.isfinite(line["loss"]) for line in history)


def test_a_saved_one_predicts_alike(adabn, tmp_path):
    features, _ = shifted(1.0)
    adabn.save(tmp_path)
    again = AdaBn(**SMALL)
    again.load(tmp_path)
    one, other = (of.enrol(Enrolment(unlabelled=features)).predict_proba(features) for of in (adabn, again))
    assert np.array_equal(one, other)


def test_a_killed_fit_goes_on_to_the_same_numbers():
    features, _ = shifted(1.0)
    parameters = {**SMALL, "epochs": 4, "dropout": 0.3}

    def report(*, epoch, **values):
        if epoch == 3:
            raise KeyboardInterrupt

    kept = Kept()
    with pytest.raises(KeyboardInterrupt):
        AdaBn(**parameters).fit(utterances(), [], context=replace(context(kept=kept), report=report))
    resumed, whole = AdaBn(**parameters), AdaBn(**parameters)
    resumed.fit(utterances(), [], context=context(kept=kept))
    whole.fit(utterances(), [], context=context())
    one, other = (of.enrol(Enrolment(unlabelled=features)).predict_proba(features) for of in (resumed, whole))
    assert np.array_equal(one, other)


def test_they_say_what_they_need():
    assert AdaBn().access == Access(unlabelled="all")
    assert Tent(unlabelled=8).access == Access(unlabelled=8)
