"""Methods that learn more of a target than their access declares; each scores well, and none may count."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tiny

from sabench import ContractError
from sabench.cells import evaluating
from sabench.cells.alone import AloneCopy, CannotBeSent
from sabench.cells.evaluating import evaluate
from sabench.cells.fitting import CellData, fit
from sabench.cells.folder import CellFolder

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def method_and_cell(tones, tmp_path):
    cell, *_ = tiny.cells(tiny.plan(tones, tmp_path, adapters="nearest", normaliser="speaker-zscore"))
    folder = CellFolder(cell.folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    data = CellData(cell)
    return fit(cell, folder, data)[0], cell, data


class Peeking:
    """Standardises large calls by themselves, and answers single utterances from what it said of them before."""

    said: dict[bytes, np.ndarray] = {}

    def __init__(self, predictor):
        self.predictor = predictor

    def predict_proba(self, features):
        X = features.stack()
        if len(X) > 4:
            mean = X.mean(axis=0)
            good = self.predictor.predict_proba(features.map(lambda array: array - mean))
            self.said.update({row.tobytes(): answer for row, answer in zip(X, good, strict=True)})
            return good
        if all(row.tobytes() in self.said for row in X):
            return np.stack([self.said[row.tobytes()] for row in X])
        return self.predictor.predict_proba(features)


class Reaching:
    """Looks for the other utterances behind the view that it is shown."""

    def __init__(self, predictor):
        self.predictor = predictor

    def predict_proba(self, features):
        source = features._source
        seen = max((len(value) for value in vars(source).values() if hasattr(value, "__len__")), default=0)
        if seen > len(features):
            msg = f"sees {seen} of {len(features)}"
            raise AssertionError(msg)
        return self.predictor.predict_proba(features)


def with_predictor(method, wrap):
    class Wrapped(type(method.adapter)):
        def enrol(self, enrolment):
            return wrap(super().enrol(enrolment))

    method.adapter.__class__ = Wrapped
    return method


def evaluated(method_and_cell, wrap, **how):
    method, cell, data = method_and_cell
    return evaluate(with_predictor(method, wrap), cell.evaluations[0], data, len(cell.classes), **how)


def test_answers_that_were_kept_from_a_large_call_are_caught(method_and_cell):
    with pytest.raises(ContractError, match=r"when it is made in a fresh process.*none may keep what it saw"):
        evaluated(method_and_cell, Peeking, alone="sample")


def test_a_view_leads_to_no_utterance_but_its_own(method_and_cell):
    assert evaluated(method_and_cell, Reaching).shape == (8, 3)


def test_a_strict_evaluation_predicts_every_row_of_every_target_alone(method_and_cell, monkeypatch):
    calls = []
    predict = AloneCopy.predict
    monkeypatch.setattr(
        AloneCopy,
        "predict",
        lambda self, *given: calls.append([len(part) for part in given[1]]) or predict(self, *given),
    )
    strict = evaluated(method_and_cell, lambda predictor: predictor, alone="every")
    assert calls == [[1]] * len(strict)
    calls.clear()
    usual = evaluated(method_and_cell, lambda predictor: predictor, alone="sample")
    assert calls == [[1] * evaluating._SAMPLE]
    assert np.array_equal(strict, usual)


def test_a_method_that_dies_alone_is_told(method_and_cell):
    method, cell, data = method_and_cell
    copy_alone = AloneCopy(method, 1)
    copy_alone._pickled = b"cos\n_exit\n(I7\ntR."
    target = cell.evaluations[0].targets[0]
    with pytest.raises(ContractError, match=r"alone in a fresh process, it fails: ended by itself with exit status 7"):
        copy_alone.predict(data.enrolment(target.enrolment), [data.features(target.rows[:1])])


def test_a_method_that_cannot_be_pickled_is_evaluated_with_a_warning(method_and_cell, caplog):
    method, cell, data = method_and_cell
    method.adapter.lock = threading.Lock()
    with pytest.raises(CannotBeSent):
        AloneCopy(method, 1)
    assert evaluate(method, cell.evaluations[0], data, len(cell.classes), alone="sample").shape == (8, 3)
    assert "cannot be sent to a fresh process" in caplog.text


def test_the_copy_is_that_from_before_anybody_was_enrolled(method_and_cell):
    method, cell, data = method_and_cell
    copy_alone = AloneCopy(method, 1)
    target = cell.evaluations[0].targets[0]
    enrolment, features = data.enrolment(target.enrolment), data.features(target.rows)
    before = method.predict(enrolment, features)
    method.adapter.means_ = method.adapter.means_[::-1]
    (after,) = copy_alone.predict(enrolment, [features])
    assert after == pytest.approx(before)
