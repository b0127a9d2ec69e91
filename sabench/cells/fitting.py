"""From a cell to a fitted method: enrol training speakers, search, fit, load."""

from __future__ import annotations

import itertools
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sabench.cells.cell import Cell, EnrolmentRows, TrainingRows
from sabench.cells.folder import CellFolder
from sabench.cells.records import Candidate
from sabench.errors import DamagedFile, PlanError
from sabench.hashing import canonical
from sabench.interfaces.plugins import Adapter, Context, Normaliser, Predictor
from sabench.interfaces.views import Enrolment, FeatureView, Memory, Transform, Utterances
from sabench.registry.parameters import resolve
from sabench.stats import metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FittedMethod:
    """An adapter, perhaps behind a normaliser, that speakers can be enrolled with."""

    adapter: Adapter
    normaliser: Normaliser | None

    def enrol(self, enrolment: Enrolment) -> tuple[Predictor, Transform | None]:
        """Return a speaker's predictor and the transform that belongs in front of it."""
        if self.normaliser is None:
            return self.adapter.enrol(enrolment.within(self.adapter.access)), None
        transform = self.normaliser.enrol(enrolment.within(self.normaliser.access))
        return self.adapter.enrol(enrolment.within(self.adapter.access).map(transform)), transform

    def predict(self, enrolment: Enrolment, features: FeatureView) -> np.ndarray:
        """Return probabilities of one enrolled speaker's utterances, shape `(n, n_classes)`."""
        predictor, transform = self.enrol(enrolment)
        return predictor.predict_proba(features if transform is None else features.map(transform))


class CellData:
    """The arrays behind a cell's rows; what is handed over holds the rows that were asked for and no others."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._stored = cell.features.stored(cell.digests)

    def features(self, rows: np.ndarray) -> FeatureView:
        """Return the features of rows, in memory."""
        return FeatureView(self._stored.take(rows).gathered())

    def training_features(self, rows: np.ndarray) -> FeatureView:
        """Return the features of rows: functionals in memory; sequences, which may not fit there, read when needed."""
        stored = self._stored.take(rows)
        return FeatureView(stored.gathered() if self._cell.features.kind == "functionals" else stored)

    def enrolment(self, rows: EnrolmentRows) -> Enrolment:
        """Return the enrolment that rows stand for."""
        return Enrolment(
            self._enrolled(rows.neutral, rows.stand_in),
            self._enrolled(rows.unlabelled, rows.stand_in),
            self._enrolled(rows.labelled, rows.stand_in),
            rows.labelled_y,
        )

    def _enrolled(self, rows: np.ndarray, stand_in: str) -> FeatureView:
        view = self.features(rows)
        if not stand_in:
            return view
        frame = self._training_mean if stand_in == "mean" else np.float32(0)
        return FeatureView(Memory(np.broadcast_to(frame, array.shape).copy() for array in view))

    @cached_property
    def _training_mean(self) -> np.ndarray:
        """The mean over all training functionals, or over all frames of training sequences, float32."""
        total, count = 0.0, 0
        for array in self.training_features((self._cell.more_training or self._cell.training).rows):
            frames = np.atleast_2d(array)
            total, count = total + frames.sum(axis=0, dtype=np.float64), count + len(frames)
        return np.asarray(total / max(count, 1), dtype=np.float32)

    def utterances(self, training: TrainingRows) -> Utterances:
        """Return labelled training utterances."""
        return Utterances(
            self.training_features(training.rows),
            training.y,
            np.array(training.speakers, dtype=np.str_)[training.speaker],
            training.neutral,
            self._cell.classes,
        )


def fit(cell: Cell, folder: CellFolder, data: CellData) -> tuple[FittedMethod, dict[str, Any]]:
    """Return the fitted method and, where there was a search, what it chose and why."""
    if not cell.search:
        return _final(cell, folder, data, {}), {}
    chosen, scores = _search(cell, folder, data)
    # A candidate is the fit itself unless validation speakers now join it.
    method = None if cell.more_training else _fitted_candidate(cell, folder, chosen, scores)
    return method or _final(cell, folder, data, chosen), {"chosen": chosen, "search": scores}


def _final(cell: Cell, folder: CellFolder, data: CellData, chosen: Mapping[str, Any]) -> FittedMethod:
    adapter = _with(cell.adapter, chosen)
    context = Context(cell.seed, cell.device, cell.threads, folder.report, folder.checkpoint)
    return _fit(cell, adapter, cell.more_training or cell.training, data, context, validate=not cell.more_training)


def load(cell: Cell, folder: CellFolder, chosen: Mapping[str, Any]) -> FittedMethod:
    """Return the method of a finished fit from its saved model."""
    return load_model(_with(cell.adapter, chosen), cell.normaliser, folder)


def load_model(adapter: Adapter, normaliser: Normaliser | None, folder: CellFolder) -> FittedMethod:
    """Return the method whose saved state fills these unfitted plugins."""
    adapter.load(folder.model / "adapter")
    if normaliser is not None:
        normaliser.load(folder.model / "normaliser")
    return FittedMethod(adapter, normaliser)


def save(method: FittedMethod, folder: CellFolder) -> bool:
    """Keep the model where its plugins can be saved; returns whether they can."""
    savable = method.adapter.savable()
    if method.normaliser is not None:
        savable = savable and type(method.normaliser).save is not Normaliser.save
    if not savable:
        return False
    (folder.model / "adapter").mkdir(parents=True, exist_ok=True)
    method.adapter.save(folder.model / "adapter")
    if method.normaliser is not None:
        (folder.model / "normaliser").mkdir(parents=True, exist_ok=True)
        method.normaliser.save(folder.model / "normaliser")
    return True


def _fit(
    cell: Cell, adapter: Adapter, training: TrainingRows, data: CellData, context: Context, *, validate: bool
) -> FittedMethod:
    train = data.utterances(training)
    normaliser = cell.normaliser
    if normaliser is not None:
        normaliser.fit(train)
        train = _normalised(train, normaliser, training.enrolments, data)
    method = FittedMethod(adapter, normaliser)
    validation = _validation(cell, method, data) if validate and adapter.uses_validation else []
    adapter.fit(train, validation, context=context)
    return method


def _normalised(
    train: Utterances, normaliser: Normaliser, enrolments: Mapping[str, EnrolmentRows], data: CellData
) -> Utterances:
    """Enrol training speakers by the rule used for targets and put their transforms in front."""
    transforms = {
        speaker: normaliser.enrol(data.enrolment(rows).within(normaliser.access))
        for speaker, rows in enrolments.items()
    }
    features = train.features.map([transforms[str(name)] for name in train.speaker])
    return Utterances(features, train.y, train.speaker, train.neutral, train.classes)


def _validation(cell: Cell, method: FittedMethod, data: CellData) -> list[tuple[Enrolment, Utterances]]:
    pairs = []
    for held_out in cell.validation:
        enrolment = data.enrolment(held_out.enrolment)
        features = data.training_features(held_out.rows)
        if method.normaliser is not None:
            transform = method.normaliser.enrol(enrolment.within(method.normaliser.access))
            enrolment, features = enrolment.map(transform), features.map(transform)
        speaker = np.full(len(held_out.rows), held_out.speaker)
        neutral = np.zeros(len(held_out.rows), dtype=bool)
        utterances = Utterances(features, held_out.y, speaker, neutral, cell.classes)
        pairs.append((enrolment.within(method.adapter.access), utterances))
    return pairs


def _search(cell: Cell, folder: CellFolder, data: CellData) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Choose from the declared grid by pooled UAR on validation speakers, never on targets."""
    if not cell.validation:
        msg = "--search chooses on validation speakers, and this fold has none. Use a protocol that has."
        raise PlanError(msg)
    scores: list[dict[str, Any]] = []
    for number, values in enumerate(itertools.product(*cell.search.values())):
        candidate = dict(zip(cell.search, values, strict=True))
        score = _candidate_score(cell, folder, data, candidate, number)
        scores.append({"parameters": candidate, "validation_uar": score})
    best = max(scores, key=lambda entry: entry["validation_uar"])
    return dict(best["parameters"]), scores


def candidates(folder: CellFolder) -> list[CellFolder]:
    """Return the folders of a search, in the order of its candidates."""
    numbered = [path for path in (folder.path / "search").glob("*") if path.name.isdecimal()]
    return [CellFolder(path) for path in sorted(numbered, key=lambda path: int(path.name))]


def _fitted_candidate(
    cell: Cell, folder: CellFolder, chosen: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]
) -> FittedMethod | None:
    """Return the kept model of the chosen candidate, and make its history the cell's; None where none was kept."""
    number = [entry["parameters"] for entry in scores].index(chosen)
    inner = CellFolder(folder.path / "search" / str(number))
    try:
        if (done := inner.candidate()) is not None:
            inner.refuse_changed_model(done)
        method = load(cell, inner, chosen)
    except Exception as error:  # noqa: BLE001  (whatever a missing or damaged model makes of its reader)
        log.info("The chosen candidate of %s is fitted again, as no model of it can be read: %s", cell.fold, error)
        return None
    if not folder.history_file.exists() and inner.history_file.exists():
        shutil.copyfile(inner.history_file, folder.history_file)
    return method


def forget_candidates(folder: CellFolder) -> None:
    """Remove the models of a search; its scores stay."""
    for inner in candidates(folder):
        shutil.rmtree(inner.model, ignore_errors=True)


def _candidate_score(
    cell: Cell, folder: CellFolder, data: CellData, candidate: Mapping[str, Any], number: int
) -> float:
    inner = CellFolder(folder.path / "search" / str(number))
    done = _tried(inner, candidate)
    if done is not None:
        return done.validation_uar
    inner.path.mkdir(parents=True, exist_ok=True)
    context = Context(cell.seed, cell.device, cell.threads, inner.report, inner.checkpoint)
    method = _fit(cell, _with(cell.adapter, candidate), cell.training, data, context, validate=True)
    truth = np.concatenate([np.array(held_out.y) for held_out in cell.validation])
    predicted = np.concatenate(
        [
            method.predict(data.enrolment(held_out.enrolment), data.features(held_out.rows)).argmax(axis=1)
            for held_out in cell.validation
        ]
    )
    score = metrics.uar(truth, predicted)
    save(method, inner)
    inner.write_candidate(candidate, score)
    return score


def _tried(inner: CellFolder, candidate: Mapping[str, Any]) -> Candidate | None:
    """Return what was recorded of a candidate; None where it is to be fitted."""
    try:
        done = inner.candidate()
    except DamagedFile as error:
        log.warning("%s", error)
        return None
    return done if done and canonical(done.parameters) == canonical(candidate) else None


def _with(adapter: Adapter, changes: Mapping[str, Any]) -> Adapter:
    """Return a fresh, unfitted adapter with some parameters changed.

    Evaluation parameters stand at their defaults, so that a fit cannot depend on them; `evaluate` sets them.
    """
    cls = type(adapter)
    defaults = {name: cls.signature()[name].default for name in cls.evaluation_parameters}
    parameters = {**adapter.parameters(), **defaults, **changes}
    # What the plan holds is validated; making pydantic's model again takes longer than a quick fit.
    return cls(**(resolve(cls, cls.__name__, parameters) if defaults or changes else parameters))
