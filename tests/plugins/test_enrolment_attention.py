from dataclasses import replace

import numpy as np
import pytest
import torch
from fit_context import Kept, context
from made_speakers import utterances

from sabench import Access, Enrolment
from sabench_plugins.adapters.enrolment_attention import EnrolmentAttention

SMALL = {"units": 16, "learning_rate": 0.01, "dropout": 0.0}


def fitted(**parameters) -> EnrolmentAttention:
    adapter = EnrolmentAttention(**{**SMALL, "epochs": 3, **parameters})
    adapter.fit(utterances(speakers=8, offset=1.0), [], context=context())
    return adapter


def predict(adapter, enrolment, of) -> np.ndarray:
    return adapter.enrol(enrolment).predict_proba(of.features)


@pytest.mark.parametrize("access", [{"neutral": 2}, {"neutral": 0, "unlabelled": 6}])
def test_a_set_of_a_new_speaker_tells_where_the_classes_are(access):
    adapter = fitted(epochs=30, **access)
    of = utterances(speakers=8, offset=1.0, seed=9)
    own, strangers = of.take(of.rows_of["s5"]), of.take(of.rows_of["s0"])
    rng = np.random.default_rng(0)
    right, wrong = (
        (predict(adapter, whose.draw_enrolment(0, adapter.access, rng), own).argmax(axis=1) == own.y).mean()
        for whose in (own, strangers)
    )
    assert right > 0.85
    assert right > wrong + 0.2


def test_the_order_of_the_set_changes_nothing():
    adapter, of = fitted(neutral=3), utterances(speakers=2, offset=1.0)
    rows = of.neutral_rows_of["s1"][:3]
    one, other = (predict(adapter, Enrolment(neutral=of.features.take(order)), of) for order in (rows, rows[::-1]))
    assert one == pytest.approx(other, abs=1e-5)


def test_with_nothing_enrolled_it_predicts():
    probabilities = predict(fitted(), Enrolment(), utterances())
    assert np.isfinite(probabilities).all()


def test_a_place_that_is_not_taken_has_no_weight():
    adapter, of = fitted(), utterances()
    x = torch.from_numpy(of.features.stack())
    heard = x[:2][None]
    padded = torch.cat((heard, torch.full((1, 3, x.shape[1]), torch.nan)), dim=1)
    with torch.no_grad():
        assert torch.allclose(adapter.network_(x, heard), adapter.network_(x, padded), atol=1e-6)


def test_before_training_the_set_changes_nothing():
    adapter, of = EnrolmentAttention(**SMALL), utterances()
    network = adapter._network(3, 3)
    x = torch.from_numpy(of.features.stack())
    with torch.no_grad():
        assert torch.equal(network(x, x[:2][None]), network(x, x[5:7][None]))


def test_a_saved_one_predicts_alike(tmp_path):
    adapter, of = fitted(), utterances()
    adapter.save(tmp_path)
    again = EnrolmentAttention(**SMALL)
    again.load(tmp_path)
    enrolment = Enrolment(neutral=of.features[:1])
    assert np.array_equal(predict(adapter, enrolment, of), predict(again, enrolment, of))


def test_a_killed_fit_goes_on_to_the_same_numbers():
    train = utterances(offset=1.0)
    parameters = {**SMALL, "epochs": 4, "dropout": 0.3, "neutral": 1, "unlabelled": 2}
    held_out = utterances(speakers=1, seed=5)
    validation = [(Enrolment(neutral=held_out.features[6:7], unlabelled=held_out.features[:2]), held_out)]

    def report(*, epoch, **values):
        if epoch == 3:
            raise KeyboardInterrupt

    kept = Kept()
    with pytest.raises(KeyboardInterrupt):
        EnrolmentAttention(**parameters).fit(train, validation, context=replace(context(kept=kept), report=report))
    resumed, whole = EnrolmentAttention(**parameters), EnrolmentAttention(**parameters)
    resumed.fit(train, validation, context=context(kept=kept))
    whole.fit(train, validation, context=context())
    assert np.array_equal(predict(resumed, validation[0][0], train), predict(whole, validation[0][0], train))


def test_it_asks_for_what_it_attends_to():
    assert EnrolmentAttention(neutral=3, unlabelled=2).access == Access(neutral=3, unlabelled=2)
