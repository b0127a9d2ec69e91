"""Predictions of single utterances, in a process that has seen nothing else of their speaker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sabench.cells.fitting import FittedMethod
from sabench.cells.threads import limited_threads
from sabench.errors import ContractError
from sabench.interfaces.views import Enrolment, FeatureView
from sabench.machine import isolation


class CannotBeSent(Exception):
    """A fitted method that another process cannot be given."""


class AloneCopy:
    """A fitted method as it was before it had enrolled anybody, for use in processes of its own.

    What a method keeps anywhere, in its module too, does not reach from one of these processes to another.
    """

    def __init__(self, method: FittedMethod, threads: int) -> None:
        import cloudpickle  # type: ignore[import-untyped]  # pickles what a notebook defines

        try:
            self._pickled: bytes = cloudpickle.dumps(method)
        except Exception as error:
            raise CannotBeSent(str(error)) from error
        self._name, self._threads = type(method.adapter).__name__, threads

    def predict(self, enrolment: Enrolment, calls: Sequence[FeatureView]) -> list[np.ndarray]:
        """Return the probabilities of several calls, made one after the other in one process.

        Raises:
            ContractError: the method raises an error there, or its process ends.
        """
        given = self._pickled, self._threads, enrolment, list(calls)
        try:
            answers = isolation.apart(_predict, given)
        except isolation.Unreadable as error:
            raise CannotBeSent(str(error)) from error
        except (isolation.Raised, isolation.Died) as error:
            msg = f"{self._name}: predicted alone in a fresh process, it fails: {error}."
            raise ContractError(msg) from error
        return [np.array(answer, dtype=np.float64) for answer in answers]


def _predict(given: tuple[bytes, int, Enrolment, list[FeatureView]]) -> list[list[list[float]]]:
    import pickle

    pickled, threads, enrolment, calls = given
    with limited_threads(threads):
        method: FittedMethod = pickle.loads(pickled)
        return [np.asarray(method.predict(enrolment, features), dtype=np.float64).tolist() for features in calls]
