"""Small networks on sequences, and what those that work on both kinds of features share."""

from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from fit_context import Kept, context
from made_speakers import utterances, view

from sabench import Enrolment, Utterances
from sabench.checks import Subject, run
from sabench_plugins.adapters.crossgrad import CrossGrad
from sabench_plugins.adapters.dat import Dat
from sabench_plugins.adapters.menan import Menan
from sabench_plugins.adapters.mlp import Mlp
from sabench_plugins.adapters.speaker_adversarial_tap import SpeakerAdversarialTap
from sabench_plugins.adapters.tdnn import TimeDelay
from sabench_plugins.sequences.attention import AttentivePooling
from sabench_plugins.sequences.frames import FrameClassifier, padded
from sabench_plugins.sequences.tdnn import Tdnn

SMALL = {"units": 8, "epochs": 4, "learning_rate": 0.01, "channels": 8, "crop_frames": 12}
ON_BOTH = (Dat, Menan, CrossGrad)
ON_FRAMES = (*ON_BOTH, TimeDelay, SpeakerAdversarialTap)
NETWORKS = (Tdnn, AttentivePooling)


def speech(kind: str, **values) -> Utterances:
    return utterances(offset=1.0, frames=10 if kind == "sequences" else 0, **values)


def predict(adapter, of: Utterances) -> np.ndarray:
    return adapter.enrol(Enrolment()).predict_proba(of.features)


def fitted(method, train: Utterances, validation=(), *, of=None, **parameters):
    adapter = method(**{**SMALL, **parameters})
    adapter.fit(train, [(Enrolment(), one) for one in validation], context=of or context())
    return adapter


def network(kind: type[FrameClassifier]) -> FrameClassifier:
    torch.manual_seed(0)
    return kind(3, 8, 8, 2, 0.5).eval()


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_prediction_does_not_depend_on_how_long_the_others_of_its_batch_are(kind):
    made, rng = network(kind), np.random.default_rng(0)
    short, long = (rng.normal(size=(n, 3)).astype(np.float32) for n in (4, 40))
    alone, together = made(*padded([short])), made(*padded([short, long]))
    assert torch.allclose(alone[0], together[0], atol=1e-6)


@pytest.mark.parametrize("kind", NETWORKS)
def test_what_lies_behind_an_end_is_not_looked_at(kind):
    made = network(kind)
    frames, lengths = padded([np.ones((4, 3), np.float32), np.ones((9, 3), np.float32)])
    before = made(frames, lengths)
    frames[0, 4:] = float("nan")
    assert torch.equal(made(frames, lengths), before)


@pytest.mark.parametrize("kind", NETWORKS)
def test_an_utterance_without_frames_is_survived(kind):
    assert np.isfinite(network(kind).probabilities(view(np.zeros((0, 3)), np.ones((2, 3))))).all()


def test_the_time_delay_network_hears_when_something_happens():
    made = network(Tdnn)
    rising = np.linspace(-1, 1, 20, dtype=np.float32)[:, None].repeat(3, axis=1)
    forwards, backwards = made(*padded([rising])), made(*padded([rising[::-1]]))
    assert not torch.allclose(forwards, backwards, atol=1e-4)


def test_bins_are_standardised_over_all_frames_of_training():
    made = network(Tdnn)
    arrays = [np.random.default_rng(i).normal(5, 2, (10 + i, 3)).astype(np.float32) for i in range(3)]
    made.standardise_by(view(*arrays))
    frames = np.concatenate(arrays)
    assert np.allclose(made.mean.numpy(), frames.mean(axis=0), atol=1e-4)
    assert np.allclose(made.scale.numpy(), frames.std(axis=0), atol=1e-4)


@pytest.mark.parametrize("method", ON_FRAMES)
def test_it_learns_the_emotions_from_sequences(method):
    train = utterances(offset=0.0, frames=10)
    adapter = fitted(method, train, epochs=20, batch_size=8, dropout=0.0)
    assert (predict(adapter, train).argmax(axis=1) == train.y).mean() > 0.9


@pytest.mark.parametrize("method", ON_FRAMES)
@pytest.mark.parametrize("with_validation", [True, False])
def test_a_killed_fit_on_sequences_goes_on_to_the_same_numbers(method, with_validation):
    train, kept = speech("sequences"), Kept()
    validation = [speech("sequences", speakers=1, seed=5)] if with_validation else []
    whole = fitted(method, train, validation)

    class Killed(Exception):
        pass

    def report(*, epoch, **values):
        if epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        fitted(method, train, validation, of=replace(context(kept=kept), report=report))
    history: list[dict[str, float]] = []
    resumed = fitted(method, train, validation, of=context(kept=kept, history=history))
    assert [line["epoch"] for line in history] == [3, 4]
    assert np.array_equal(predict(resumed, train), predict(whole, train))


@pytest.mark.parametrize("method", [Menan, CrossGrad])
def test_a_killed_fit_on_functionals_goes_on_to_the_same_numbers(method):
    train, kept = speech("functionals"), Kept()
    whole = fitted(method, train)

    class Killed(Exception):
        pass

    def report(*, epoch, **values):
        if epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        fitted(method, train, of=replace(context(kept=kept), report=report))
    resumed = fitted(method, train, of=context(kept=kept))
    assert np.array_equal(predict(resumed, train), predict(whole, train))


@pytest.mark.parametrize("method", [Dat, SpeakerAdversarialTap])
def test_a_saved_one_predicts_alike_on_sequences(method, tmp_path):
    train = speech("sequences")
    adapter = fitted(method, train)
    adapter.save(tmp_path)
    again = method(**SMALL)
    again.load(tmp_path)
    assert np.array_equal(predict(again, train), predict(adapter, train))
    assert again.n_parameters() == adapter.n_parameters()


@pytest.mark.parametrize("method", ON_FRAMES)
def test_any_number_of_bins_is_taken(method):
    narrow, wide = (utterances(speakers=2, n_per_class=2, width=width, frames=4) for width in (1, 201))
    for train in (narrow, wide):
        assert predict(fitted(method, train, epochs=1), train).shape == (12, 3)


def test_without_strength_the_adversary_changes_nothing_on_sequences():
    train, held_out = speech("sequences"), [speech("sequences", speakers=1, seed=5)]
    control, without = fitted(TimeDelay, train, held_out), fitted(Dat, train, held_out, strength=0.0)
    assert np.array_equal(predict(control, train), predict(without, train))


@pytest.mark.parametrize("method", ON_BOTH)
@pytest.mark.parametrize(("features", "unadapted"), [("tone", "mlp"), ("tone-frames", "tdnn")])
def test_it_is_held_against_the_network_of_its_kind_of_features(method, features, unadapted, tmp_path):
    (planned,) = tiny.planned_runs(tiny.plan_in(tmp_path, adapters=[method.name], features=features))
    assert planned.record.adapts == unadapted


def test_the_control_of_the_learnt_pooling_is_held_against_nothing(tmp_path):
    plan = tiny.plan_in(tmp_path, adapters=["tap", "speaker-adversarial-tap"], features="tone-frames")
    assert {run.record.method.name: run.record.adapts for run in tiny.planned_runs(plan)} == {
        "tap": "",
        "speaker-adversarial-tap": "tap",
    }


@pytest.mark.parametrize("method", ON_BOTH)
def test_sequences_cost_more_than_functionals_and_an_adversary_more_than_none(method):
    def seconds(of, lengths):
        return of.cost(np.array(lengths), 40, 4, device="cpu", threads=1).seconds

    assert seconds(method(), [300] * 100) > seconds(method(), [1] * 100) >= seconds(Mlp(), [1] * 100)


def test_long_utterances_cost_no_more_training_than_a_crop():
    def seconds(frames):
        return TimeDelay(epochs=40).cost(np.full(100, frames), 40, 4, device="cpu", threads=1).seconds

    assert seconds(600) < 1.5 * seconds(300)


def on_sequences(method):
    """Return the method with sequences as the kind that it is checked on."""
    return type(f"{method.__name__}OnSequences", (method,), {"accepts": ("sequences", "functionals")})


@pytest.mark.parametrize("method", ON_BOTH)
def test_it_keeps_the_contract_on_sequences_too(method):
    subject = Subject(on_sequences(method)(**{**SMALL, "epochs": 10}))
    assert [f"{one.check}: {one.detail}" for one in run(subject) if one.status == "failed"] == []
