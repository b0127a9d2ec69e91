"""Enrolment that notices what is looked at: what an access does not declare may not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sabench.errors import AccessError
from sabench.interfaces.records import Access
from sabench.interfaces.views import Enrolment, FeatureView, Memory


class Overstepped:
    """Gathers the parts of an enrolment that were read although no access declares them."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def refuse(self, part: str) -> None:
        """Note the part and raise; noted, it is found even where a method catches the error."""
        if part not in self.read:
            self.read.append(part)
        msg = f"enrolment.{part} is read and not declared in access"
        raise AccessError(msg)

    def beyond(self, access: Access, given: Enrolment) -> Enrolment:
        """Return what an access declares, with parts that raise when they are read in place of all others."""
        labelled = bool(access.labelled)
        return Enrolment(
            given.neutral if access.neutral else self._view("neutral"),
            given.unlabelled if access.unlabelled else self._view("unlabelled"),
            given.labelled if labelled else self._view("labelled"),
            given.labelled_y if labelled else _Labels(self),  # type: ignore[arg-type]  # it stands in for an array
        )

    def _view(self, part: str) -> FeatureView:
        return FeatureView(_Forbidden(self, part))


class _Forbidden:
    """A source that says how many utterances it has and lets none be read."""

    def __init__(self, overstepped: Overstepped, part: str) -> None:
        self._overstepped, self._part = overstepped, part

    def __len__(self) -> int:
        return 3

    @property
    def shapes(self) -> Any:
        self._overstepped.refuse(self._part)

    def take(self, rows: np.ndarray) -> _Forbidden | Memory:
        # An empty slice is how an enrolment is cut to an access; it reads nothing.
        if not len(rows):
            return Memory(())
        self._overstepped.refuse(self._part)
        return self

    def __getitem__(self, index: int) -> np.ndarray:
        self._overstepped.refuse(self._part)
        raise IndexError(index)


class _Labels:
    """Labels that may not be read."""

    def __init__(self, overstepped: Overstepped) -> None:
        self._overstepped = overstepped

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        # An empty slice is how an enrolment is cut to an access; it reads nothing.
        if isinstance(index, slice) and not range(len(self))[index]:
            return np.zeros(0, dtype=np.int64)
        self._overstepped.refuse("labelled_y")

    def __iter__(self) -> Iterator[int]:
        self._overstepped.refuse("labelled_y")
        return iter(())

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        self._overstepped.refuse("labelled_y")
        return np.zeros(0, dtype=np.int64)
