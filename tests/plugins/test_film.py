from dataclasses import replace

import numpy as np
import pytest
from fit_context import Kept, context
from made_speakers import utterances, view

from sabench import Access, Enrolment, uar
from sabench.checks import parametrize_with_checks
from sabench_plugins.adapters.film import Film


def fitted(seed: int = 0, *, epochs: int = 3, learning_rate: float = 0.002, **made) -> Film:
    adapter = Film(epochs=epochs, units=16, learning_rate=learning_rate)
    adapter.fit(utterances(**made), [], context=context(seed))
    return adapter


def neutral_of(train, name: str) -> Enrolment:
    return Enrolment(neutral=train.features.take(train.neutral_rows_of[name][:1]))


def test_a_neutral_utterance_of_a_new_speaker_tells_where_the_classes_are():
    adapter = fitted(epochs=15, learning_rate=0.01, speakers=8, offset=1.0)
    of = utterances(speakers=8, offset=1.0, seed=9)
    own = of.take(of.rows_of["s5"])
    said = adapter.enrol(neutral_of(of, "s5")).predict_proba(own.features).argmax(axis=1)
    assert (said == own.y).mean() > 0.9


def test_predictions_follow_the_enrolment():
    adapter, of = fitted(epochs=15, learning_rate=0.01), utterances()
    one, other = (adapter.enrol(neutral_of(of, name)).predict_proba(of.features) for name in ("s0", "s3"))
    assert np.abs(one - other).max() > 0.01


def test_with_nothing_enrolled_the_speaker_is_the_training_mean():
    adapter, train = fitted(), utterances()
    mean = Enrolment(neutral=view(train.features.stack().mean(axis=0)))
    nothing, average = (adapter.enrol(given).predict_proba(train.features) for given in (Enrolment(), mean))
    assert nothing == pytest.approx(average, abs=1e-5)


def test_the_same_seed_gives_the_same_and_another_something_else():
    of = utterances()
    first, again, other = (fitted(seed).enrol(neutral_of(of, "s1")).predict_proba(of.features) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_saved_one_predicts_alike(tmp_path):
    adapter, of = fitted(), utterances()
    adapter.save(tmp_path)
    again = Film(epochs=3, units=16)
    again.load(tmp_path)
    enrolment = neutral_of(of, "s2")
    assert np.array_equal(
        again.enrol(enrolment).predict_proba(of.features), adapter.enrol(enrolment).predict_proba(of.features)
    )


def test_the_loss_falls():
    history: list[dict[str, float]] = []
    Film(epochs=10, units=16).fit(utterances(), [], context=context(history=history))
    assert [line["epoch"] for line in history] == list(range(1, 11))
    assert history[-1]["loss"] < history[0]["loss"]


def test_it_asks_for_neutral_utterances():
    assert Film(neutral=3).access == Access(neutral=3)


KINDS = ["film", "difference", "film-difference", "concatenation", "layers"]


@pytest.mark.parametrize("conditioning", KINDS)
def test_a_killed_fit_goes_on_to_the_same_numbers(conditioning):
    train, held_out = utterances(offset=1.0), utterances(speakers=1, seed=5)
    validation = [(neutral_of(held_out, "s0"), held_out)]
    whole = Film(epochs=4, units=16, conditioning=conditioning)
    whole.fit(train, validation, context=context())

    def report(*, epoch, **values):
        if epoch == 3:
            raise KeyboardInterrupt

    kept = Kept()
    with pytest.raises(KeyboardInterrupt):
        Film(epochs=4, units=16, conditioning=conditioning).fit(
            train, validation, context=replace(context(kept=kept), report=report)
        )
    resumed = Film(epochs=4, units=16, conditioning=conditioning)
    resumed.fit(train, validation, context=context(kept=kept))
    one, other = (adapter.enrol(neutral_of(train, "s1")).predict_proba(train.features) for adapter in (resumed, whole))
    assert np.array_equal(one, other)


def test_the_difference_does_not_see_how_high_a_speaker_speaks():
    adapter = Film(epochs=3, units=16, conditioning="difference")
    adapter.fit(utterances(), [], context=context())
    of = utterances(seed=3)
    higher = of.features.map(lambda array: array + np.float32(2))
    rows = of.neutral_rows_of["s0"][:1]
    one = adapter.enrol(Enrolment(neutral=of.features.take(rows))).predict_proba(of.features)
    other = adapter.enrol(Enrolment(neutral=higher.take(rows))).predict_proba(higher)
    assert one == pytest.approx(other, abs=1e-4)


def test_trained_beside_other_speakers_it_does_not_use_the_enrolment():
    train = utterances(speakers=8, offset=1.0)
    of = utterances(speakers=8, offset=1.0, seed=9)
    own = of.take(of.rows_of["s5"])
    uars = {}
    for whose in ("same-speaker", "other-speaker"):
        adapter = Film(epochs=30, units=16, learning_rate=0.01, companions=whose)
        adapter.fit(train, [], context=context())
        said = adapter.enrol(neutral_of(of, "s5")).predict_proba(own.features).argmax(axis=1)
        uars[whose] = uar(own.y, said)
    assert uars["same-speaker"] > uars["other-speaker"] + 0.1


@parametrize_with_checks([Film(epochs=8, units=16, learning_rate=0.01, conditioning=kind) for kind in KINDS])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
