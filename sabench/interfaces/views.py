"""What methods are shown: lazy features, training utterances, enrolment. No ids, paths or sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, overload

import numpy as np

from sabench.interfaces.records import ALL, Access

Transform = Callable[[np.ndarray], np.ndarray]


class Source(Protocol):
    """Arrays that can be read one at a time; the feature store offers them memory-mapped."""

    @property
    def shapes(self) -> Sequence[tuple[int, ...]]:
        """Shape of every array, known without reading it."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> np.ndarray: ...

    def take(self, rows: np.ndarray, /) -> Source:
        """Return a source over the given positions, which holds nothing of the others."""
        ...


class Memory:
    """A source over arrays in memory.

    >>> Memory([np.zeros((3, 2)), np.zeros((5, 2))]).shapes
    [(3, 2), (5, 2)]
    """

    def __init__(self, arrays: Iterable[np.ndarray]) -> None:
        self._arrays = list(arrays)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every array."""
        return [array.shape for array in self._arrays]

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._arrays[index]

    def take(self, rows: np.ndarray) -> Memory:
        """Return a source over the arrays at the given positions."""
        return type(self)(self._arrays[row] for row in rows)


class Matrix:
    """A source over the rows of one matrix: functionals in memory, read-only.

    >>> Matrix(np.zeros((2, 3))).shapes
    [(3,), (3,)]
    """

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self.rows.setflags(write=False)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every row."""
        return [self.rows.shape[1:]] * len(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        row: np.ndarray = self.rows[index]
        return row

    def take(self, rows: np.ndarray) -> Matrix:
        """Return a copy of the rows at the given positions."""
        return Matrix(self.rows[rows])


class FeatureView(Sequence[np.ndarray]):
    """A lazy sequence of feature arrays, float32: functionals `(n_features,)` or sequences `(n_frames, n_bins)`.

    An array is read, and its speaker's transform applied, when it is asked for. What comes back may be
    read-only. A view holds what it shows and nothing more, in no private field either.

    >>> view = FeatureView(Memory([np.array([1.0, 2.0]), np.array([3.0, 4.0])]))
    >>> len(view), view[1].tolist(), view.take([1, 0]).stack().tolist()
    (2, [3.0, 4.0], [[3.0, 4.0], [1.0, 2.0]])
    """

    def __init__(self, source: Source, transforms: Sequence[Transform | None] | None = None) -> None:
        self._source, self._transforms = source, transforms

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> FeatureView: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self.behind(index, self._source[index])

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))

    @property
    def lengths(self) -> np.ndarray:
        """Number of frames of every array, read from the index alone; 1 for functionals."""
        shapes = self._source.shapes
        return np.array([shape[0] if len(shape) > 1 else 1 for shape in shapes], dtype=np.int64)

    @property
    def width(self) -> int:
        """Size of the last axis: features or bins; 0 for an empty view."""
        return int(self._source.shapes[0][-1]) if len(self) else 0

    def take(self, rows: Sequence[int] | np.ndarray) -> FeatureView:
        """Return a view of the given positions, in their order, or of those that a mask of booleans marks."""
        positions = _positions(rows)
        transforms = None if self._transforms is None else [self._transforms[i] for i in positions]
        return FeatureView(self._source.take(positions), transforms)

    def map(self, transforms: Transform | Sequence[Transform | None]) -> FeatureView:
        """Return a view behind one transform, or one for every row; both keep the shape of an array."""
        added = [transforms] * len(self) if callable(transforms) else list(transforms)
        if self._transforms is not None:
            added = [_chain(first, then) for first, then in zip(self._transforms, added, strict=True)]
        return FeatureView(self._source, added)

    def behind(self, index: int, array: np.ndarray) -> np.ndarray:
        """Return what another array would be in the place of one row: behind that row's transform."""
        transform = self._transforms[index] if self._transforms is not None else None
        return array if transform is None else np.asarray(transform(array), dtype=np.float32)

    def stack(self) -> np.ndarray:
        """Return functionals as one matrix of shape `(n, n_features)`, float32."""
        if not len(self):
            return np.zeros((0, self.width), dtype=np.float32)
        if self._transforms is None and isinstance(self._source, Matrix):
            return np.array(self._source.rows, dtype=np.float32)
        return np.stack([np.asarray(array, dtype=np.float32) for array in self])


def _positions(rows: Sequence[int] | np.ndarray) -> np.ndarray:
    given = np.asarray(rows)
    # As numbers, a mask would be taken for positions 0 and 1.
    return np.flatnonzero(given) if given.dtype == bool else given.astype(np.int64)


def _chain(first: Transform | None, then: Transform | None) -> Transform | None:
    if first is None or then is None:
        return first or then
    return _Chained(first, then)


@dataclass(frozen=True)
class _Chained:
    first: Transform
    then: Transform

    def __call__(self, array: np.ndarray) -> np.ndarray:
        return self.then(self.first(array))


def no_features() -> FeatureView:
    """Return an empty view."""
    return FeatureView(Memory(()))


@dataclass(frozen=True)
class Enrolment:
    """What a method sees of one target speaker before it predicts; never more than its access declares.

    Attributes:
        neutral: features of utterances known to be neutral.
        unlabelled: features of utterances of any emotion.
        labelled: features of utterances whose labels are given.
        labelled_y: their class indices, shape `(n_labelled,)`.
    """

    neutral: FeatureView = field(default_factory=no_features)
    unlabelled: FeatureView = field(default_factory=no_features)
    labelled: FeatureView = field(default_factory=no_features)
    labelled_y: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def within(self, access: Access) -> Enrolment:
        """Return no more than an access declares."""
        unlabelled = self.unlabelled if access.unlabelled == ALL else self.unlabelled[: access.unlabelled]
        return Enrolment(
            self.neutral[: access.neutral],
            unlabelled,
            self.labelled[: access.labelled],
            self.labelled_y[: access.labelled],
        )

    def map(self, transform: Transform) -> Enrolment:
        """Return the same utterances behind a transform."""
        return Enrolment(
            self.neutral.map(transform),
            self.unlabelled.map(transform),
            self.labelled.map(transform),
            self.labelled_y,
        )


@dataclass(frozen=True)
class Utterances:
    """Labelled utterances of training or validation speakers.

    Attributes:
        features: one array an utterance.
        y: class indices, shape `(n,)`, int64.
        speaker: speaker names, shape `(n,)`.
        neutral: which may serve as neutral enrolment, shape `(n,)`, bool.
        classes: labels in class order.
    """

    features: FeatureView
    y: np.ndarray
    speaker: np.ndarray
    neutral: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def rows_of(self) -> dict[str, np.ndarray]:
        """Positions of every speaker's utterances, in corpus order."""
        return {str(name): np.flatnonzero(self.speaker == name) for name in np.unique(self.speaker)}

    @cached_property
    def neutral_rows_of(self) -> dict[str, np.ndarray]:
        """Positions of every speaker's neutral utterances, in corpus order."""
        return {name: rows[self.neutral[rows]] for name, rows in self.rows_of.items()}

    def take(self, rows: Sequence[int] | np.ndarray) -> Utterances:
        """Return the utterances at the given positions, in their order, or those that a mask of booleans marks."""
        positions = _positions(rows)
        return Utterances(
            self.features.take(positions),
            self.y[positions],
            self.speaker[positions],
            self.neutral[positions],
            self.classes,
        )

    def draw_rows(self, i: int, access: Access, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Return positions (neutral, unlabelled, labelled) drawn from the speaker of `i`, never `i` itself.

        A speaker who has fewer than asked for supplies what there is.
        """
        name = str(self.speaker[i])
        neutral = _draw(self.neutral_rows_of[name], i, access.neutral, rng)
        unlabelled = _draw(self.rows_of[name], i, access.unlabelled, rng)
        labelled = _draw(self.rows_of[name], i, access.labelled, rng)
        return neutral, unlabelled, labelled

    def draw_enrolment(self, i: int, access: Access, rng: np.random.Generator) -> Enrolment:
        """Return an enrolment drawn at random from the speaker of utterance `i`, never `i` itself."""
        neutral, unlabelled, labelled = self.draw_rows(i, access, rng)
        return Enrolment(
            self.features.take(neutral),
            self.features.take(unlabelled),
            self.features.take(labelled),
            self.y[labelled],
        )


def _draw(rows: np.ndarray, i: int, amount: int | str, rng: np.random.Generator) -> np.ndarray:
    """Return up to `amount` of `rows` without `i`, drawn without replacement."""
    if amount == 0:
        return np.zeros(0, dtype=np.int64)
    others: np.ndarray = rows[rows != i]
    if amount == ALL or len(others) <= int(amount):
        return others
    drawn: np.ndarray = rng.choice(others, size=int(amount), replace=False)
    return drawn
