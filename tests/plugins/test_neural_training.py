from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from sabench import AccessError, Enrolment, FeatureView, Memory, SabenchError
from sabench_plugins.adapters.eresnet import EResnet
from sabench_plugins.adapters.resnet import Resnet
from sabench_plugins.adapters.resnet_matched import ResnetMatched
from sabench_plugins.adapters.twochannel import TwoChannel
from sabench_plugins.neural.fast.precision import uses_bfloat16
from sabench_plugins.neural.sequences import near_equal
from tests.plugins.neural_speech import BINS, TINY, Kept, context, enrolment, utterances

KINDS = [Resnet, TwoChannel, EResnet]


def fitted(kind=Resnet, *, seed=0, checkpoint=None, history=None, validate=True, train=None, **parameters):
    adapter = kind(**{**TINY, "epochs": 2, **parameters})
    held_out = utterances(n=12, speakers=1, seed=1)
    validation = [(enrolment(held_out), held_out)] if validate else []
    adapter.fit(train or utterances(), validation, context=context(seed, checkpoint=checkpoint, history=history))
    return adapter


def probabilities(adapter, seed=2):
    target = utterances(n=9, speakers=1, seed=seed)
    return adapter.enrol(enrolment(target)).predict_proba(target.features)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_is_easy(kind, precision):
    """Of thirty seeds, one or two end in a dead network in either precision; hence three."""
    target, recipe = utterances(n=30, speakers=1, seed=5), {"optimiser": "adam", "schedule": "onecycle"}
    recipe |= {"learning_rate": 0.005, "weight_decay": 0.0, "precision": precision}
    accuracies = []
    for seed in range(3):
        adapter = fitted(kind, seed=seed, train=utterances(n=72), epochs=5, width=1 / 16, **recipe)
        found = adapter.enrol(enrolment(target)).predict_proba(target.features).argmax(axis=1)
        accuracies.append(np.mean(found == target.y))
    assert np.median(accuracies) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(kind):
    first, again, other = (probabilities(fitted(kind, seed=seed, epochs=1)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


class Killed(Exception):
    pass


@pytest.mark.parametrize(("kind", "optimiser"), [(Resnet, "adamw"), (EResnet, "sgd")])
@pytest.mark.parametrize("last", [1, 2])
def test_a_fit_killed_between_epochs_goes_on_to_identical_results(kind, optimiser, last):
    recipe = {"optimiser": optimiser, "schedule": "onecycle", "epochs": 3}
    whole_history, history, kept = [], [], Kept()
    whole = fitted(kind, history=whole_history, **recipe)

    def kill(epoch, **_):
        if epoch == last + 1:
            raise Killed

    adapter = kind(**{**TINY, **recipe})
    held_out = utterances(n=12, speakers=1, seed=1)
    validation = [(enrolment(held_out), held_out)]
    with pytest.raises(Killed):
        adapter.fit(utterances(), validation, context=context(report=kill, checkpoint=kept))
    resumed = fitted(kind, checkpoint=kept, history=history, **recipe)
    assert [line["epoch"] for line in history] == list(range(last + 1, 4))
    for line, expected in zip(history, whole_history[last:], strict=True):
        assert {**line, "samples_per_s": 0} == {**expected, "samples_per_s": 0}
    assert np.array_equal(probabilities(resumed), probabilities(whole))


def test_a_fit_killed_after_its_last_epoch_only_takes_up_its_best_weights():
    kept, history = Kept(), []
    whole = fitted(checkpoint=kept)
    resumed = fitted(checkpoint=kept, history=history)
    assert history == []
    assert np.array_equal(probabilities(resumed), probabilities(whole))


def test_each_epoch_is_reported():
    history = []
    fitted(history=history, epochs=3)
    assert [line["epoch"] for line in history] == [1, 2, 3]
    assert set(history[0]) == {"epoch", "epochs", "loss", "lr", "samples_per_s", "validation_uar", "validation_loss"}
    assert all(np.isfinite(value) for line in history for value in line.values())


def test_the_weights_of_the_best_epoch_stay():
    kept, history = Kept(), []
    adapter = fitted(checkpoint=kept, history=history, epochs=6, learning_rate=0.05)
    scores = [line["validation_uar"] for line in history]
    held_out = utterances(n=12, speakers=1, seed=1)
    found = adapter.enrol(enrolment(held_out)).predict_proba(held_out.features).argmax(axis=1)
    assert kept.state["best_uar"] == max(scores)
    assert np.mean([np.mean(found[held_out.y == label] == label) for label in range(3)]) == pytest.approx(max(scores))


@pytest.mark.parametrize(("scores", "best"), [([0.5, 0.7, 0.6, 0.4, 0.9], 1), ([0.3, 0.7, 0.7, 0.7, 0.9], 3)])
def test_training_ends_after_so_many_epochs_without_improvement_and_goes_back_to_the_best(scores, best):
    import torch

    from sabench_plugins.neural.engine import Training
    from sabench_plugins.neural.network import Network
    from sabench_plugins.weights import weights_of

    adapter = Resnet(**TINY, epochs=9, patience=2)
    network = Network(adapter.shape(BINS, 3)).to(memory_format=torch.channels_last)
    seen = []

    def validate():
        seen.append(weights_of(network))
        return scores[len(seen) - 1], 1.0

    Training(network, utterances(), adapter, context(), validate=validate).run()
    assert len(seen) == 4
    assert all(np.array_equal(array, seen[best][name]) for name, array in weights_of(network).items())


def test_training_ends_within_its_steps_and_its_rate_falls_by_then():
    history = []
    fitted(history=history, train=utterances(n=24), epochs=50, batch_size=12, most_steps=7, schedule="cosine")
    assert [line["epochs"] for line in history] == [3, 3, 3]
    assert history[-1]["lr"] < history[0]["lr"]


def test_without_validation_the_last_epoch_stays_and_nothing_is_made_up():
    kept, history = Kept(), []
    fitted(checkpoint=kept, history=history, validate=False, patience=1, epochs=3)
    assert len(history) == 3
    assert kept.state["best_epoch"] == 3
    assert "validation_uar" not in history[0]


def test_a_class_absent_from_training_leaves_everything_finite():
    history = []
    adapter = fitted(history=history, train=utterances(classes=4))
    assert probabilities(adapter).shape == (9, 4)
    assert np.isfinite(probabilities(adapter)).all()
    assert np.isfinite(history[-1]["loss"])


def test_a_diverging_fit_says_what_to_change():
    with pytest.raises(SabenchError, match=r"diverged in epoch 1: the loss is nan.*learning_rate \(now 1e\+30\)"):
        fitted(learning_rate=1e30, reduction="sum")


@pytest.mark.parametrize("kind", KINDS)
def test_batch_and_order_at_test_change_nothing(kind):
    adapter = fitted(kind, epochs=1)
    target = utterances(n=12, speakers=1, seed=4, lengths=(1, 90))
    predictor = adapter.enrol(enrolment(target))
    whole = predictor.predict_proba(target.features)
    order = np.random.default_rng(0).permutation(len(target))
    assert np.allclose(predictor.predict_proba(target.features.take(order)), whole[order], atol=1e-5)
    alone = [predictor.predict_proba(target.features.take([i]))[0] for i in range(len(target))]
    assert np.allclose(alone, whole, atol=1e-5)
    assert np.allclose(whole.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("kind", [TwoChannel, EResnet])
def test_the_enrolled_speaker_matters_and_enrolling_leaves_the_adapter_unchanged(kind):
    adapter = fitted(kind, epochs=2)
    a, b = (utterances(n=9, speakers=1, seed=seed) for seed in (7, 8))
    first = adapter.enrol(enrolment(a)).predict_proba(a.features)
    other = adapter.enrol(enrolment(b)).predict_proba(a.features)
    assert np.abs(first - other).max() > 1e-7
    assert np.array_equal(adapter.enrol(enrolment(a)).predict_proba(a.features), first)


@pytest.mark.parametrize("kind", [TwoChannel, EResnet])
def test_missing_enrolment_is_refused_in_words(kind):
    adapter = fitted(kind, epochs=1)
    with pytest.raises(AccessError, match="needs a neutral utterance of the target speaker and was given none"):
        adapter.enrol(Enrolment())


@pytest.mark.parametrize("kind", [TwoChannel, EResnet])
def test_an_enrolment_of_zeros_is_a_control_that_works(kind):
    zeros = Enrolment(neutral=FeatureView(Memory([np.zeros((20, BINS), dtype=np.float32)])))
    target = utterances(n=3, speakers=1)
    assert np.isfinite(fitted(kind, epochs=1).enrol(zeros).predict_proba(target.features)).all()


def test_embeddings_of_several_utterances_are_averaged():
    adapter = fitted(EResnet, epochs=1)
    target = utterances(n=9, speakers=1, seed=3)
    both, one, two = (
        adapter.enrol(Enrolment(neutral=target.features.take(rows))).biases[0][0] for rows in ([0, 3], [0], [3])
    )
    assert np.allclose(both, (one + two) / 2, atol=1e-6)


def test_twochannel_averages_probabilities_over_several_utterances():
    adapter = fitted(TwoChannel, epochs=1)
    target = utterances(n=9, speakers=1, seed=3)
    both, one, two = (
        adapter.enrol(Enrolment(neutral=target.features.take(rows))).predict_proba(target.features)
        for rows in ([0, 3], [0], [3])
    )
    assert np.allclose(both, (one + two) / 2, atol=1e-6)


def test_the_number_of_enrolment_utterances_does_not_change_what_is_trained():
    assert EResnet.evaluation_parameters == TwoChannel.evaluation_parameters == ("neutral",)
    held_out = utterances(n=12, speakers=1, seed=1)
    weights = []
    for amount in (1, 3):
        adapter = EResnet(**TINY, epochs=2, neutral=amount)
        adapter.fit(utterances(), [(enrolment(held_out, amount), held_out)], context=context())
        weights.append(adapter.network_.state_dict())
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])


@pytest.mark.parametrize("kind", [*KINDS, ResnetMatched])
def test_a_saved_model_predicts_the_same_without_pickle(kind, tmp_path):
    adapter = fitted(kind, epochs=1)
    adapter.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", "network.safetensors"]
    loaded = kind(**adapter.parameters())
    loaded.load(tmp_path)
    assert loaded.n_parameters() == adapter.n_parameters()
    assert np.array_equal(probabilities(loaded), probabilities(adapter))


def test_inputs_stay_as_they_are():
    train = utterances()
    before = [array.copy() for array in train.features]
    fitted(train=train, epochs=1)
    assert all(np.array_equal(a, b) for a, b in zip(before, train.features, strict=True))


def test_no_utterances_give_no_probabilities():
    adapter = fitted(epochs=1)
    target = utterances(n=3)
    assert adapter.enrol(Enrolment()).predict_proba(target.features.take([])).shape == (0, 3)


@pytest.mark.parametrize(
    ("instruction", "meant"), [("avx512_bf16", "bfloat16"), ("amx_bf16", "bfloat16"), ("", "float32")]
)
def test_precision_is_chosen_by_what_the_processor_multiplies(monkeypatch, instruction, meant):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True, instruction: True}, raising=False)
    chosen, same, other = (
        probabilities(fitted(epochs=1, precision=precision))
        for precision in ("auto", meant, {"bfloat16": "float32", "float32": "bfloat16"}[meant])
    )
    assert np.array_equal(chosen, same)
    assert not np.array_equal(chosen, other)


def test_an_older_torch_trains_in_float32(monkeypatch):
    monkeypatch.delattr("torch.cpu.get_capabilities", raising=False)
    assert not uses_bfloat16("auto", torch.device("cpu"))


@pytest.mark.parametrize("native", [True, False])
def test_a_gpu_trains_in_bfloat16_where_it_need_not_emulate_it(monkeypatch, native):
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: native or including_emulation)
    assert uses_bfloat16("auto", torch.device("cuda")) == native


def test_only_methods_that_see_the_speaker_ask_for_enrolment():
    assert str(Resnet().access) == str(ResnetMatched().access) == "none"
    assert str(TwoChannel().access) == "1 neutral"
    assert str(EResnet(neutral=5).access) == "5 neutral"


def test_the_control_of_size_has_the_parameters_of_eresnet():
    assert ResnetMatched().shape(201, 5).parameters == pytest.approx(EResnet().shape(201, 5).parameters, rel=0.01)


def test_the_cost_names_parameters_and_what_to_use_where_it_takes_hours():
    lengths = np.full(9000, 180)
    cost = Resnet().cost(lengths, 201, 5, device="cpu", threads=2)
    assert cost.parameters == Resnet().shape(201, 5).parameters
    assert cost.seconds > 24 * 3600
    assert "--preset small" in cost.advice
    small = Resnet(**Resnet.presets["small"]).cost(lengths[:500], 201, 5, device="cpu", threads=2)
    assert small.seconds < cost.seconds / 100
    assert small.advice == ""
    long = Resnet(**{**Resnet.presets["small"], "epochs": 240, "most_steps": 0})
    assert "fewer epochs" in long.cost(lengths, 201, 5, device="cpu", threads=1).advice


def test_the_memory_of_a_graphics_card_is_estimated_from_what_takes_it():
    def needed(kind=Resnet, lengths=(180,) * 500, device="cuda", **parameters):
        return kind(**parameters).cost(np.array(lengths), 201, 5, device=device, threads=1).device_bytes

    assert needed(device="cpu") == 0
    assert needed() > 4 * (3 * Resnet().shape(201, 5).parameters + 201 * 500 * 200)
    assert needed(width=1 / 8) < needed() / 4
    assert needed(batch_size=1024) > needed()
    assert needed(optimiser="adam") > needed(momentum=0.9) > needed()
    assert needed(lengths=(180,) * 50_000) - needed() >= 4 * 201 * 200 * 49_500
    assert needed(lengths=(200_000,)) > 2 * needed()


def test_a_cost_is_lower_where_training_is_faster():
    def estimate(**parameters):
        return Resnet(**parameters).cost(np.full(500, 180), 201, 5, device="cpu", threads=1).seconds

    assert estimate(precision="bfloat16") < estimate(precision="float32")
    assert estimate(width=1 / 8) < estimate(width=1 / 4)


def test_near_equal_batches_waste_little_on_padding():
    lengths = np.random.default_rng(0).integers(50, 400, size=200)
    parts = near_equal(lengths, 2_000)
    assert sorted(np.concatenate(parts)) == list(range(200))
    assert all(lengths[part].max() <= 1.15 * lengths[part].min() for part in parts)
    assert all(len(part) * lengths[part].max() <= 2_000 for part in parts)


def test_registering_the_family_imports_no_torch():
    names = ("resnet", "resnet_norm", "resnet_corpus_norm", "resnet_matched", "twochannel", "eresnet")
    code = "; ".join(f"import sabench_plugins.adapters.{name}" for name in names)
    code += "; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
