"""Kept models of a run on new files of a new speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sabench import audio
from sabench.cells.evaluating import checked
from sabench.cells.fitting import FittedMethod, load_model
from sabench.cells.folder import CellFolder
from sabench.cells.records import Fit
from sabench.errors import AccessError, ResultsError
from sabench.interfaces.plugins import FeatureExtractor
from sabench.interfaces.records import Access
from sabench.interfaces.views import Enrolment, FeatureView, Memory
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.runs import RunRecord


@dataclass(frozen=True)
class NewSpeaker:
    """Files of one speaker who was in no corpus.

    Attributes:
        files: to classify.
        neutral: known to be neutral.
        unlabelled: of any emotion; for transductive methods `files` belong to them anyway.
        labelled: each with its label.
    """

    files: tuple[Path, ...]
    neutral: tuple[Path, ...] = ()
    unlabelled: tuple[Path, ...] = ()
    labelled: tuple[tuple[Path, str], ...] = ()


def parse_labelled(text: str) -> tuple[Path, str]:
    """Read `FILE=LABEL`; the label stands behind the last `=`, as names of files may hold one.

    >>> parse_labelled("take=2.wav=anger")[1]
    'anger'

    Raises:
        AccessError: there is no label, or no file.
    """
    file, _, label = text.rpartition("=")
    if not (file and label):
        msg = f"--enrol-labelled takes FILE=LABEL, such as one.wav=anger; {text!r} came."
        raise AccessError(msg)
    return Path(file), label


def predict(
    results: Results, run: RunRecord, speaker: NewSpeaker, *, fold: str | None = None, registry: Registry | None = None
) -> np.ndarray:
    """Return class probabilities of a new speaker's files, shape `(n_files, n_classes)`.

    Args:
        results: where the run is kept.
        run: whose models predict.
        speaker: enrolment and files.
        fold: the fold whose model is used; None takes the mean over the models of all folds.
        registry: of plugins.

    Raises:
        AccessError: the method needs enrolment that is not given, or a label is none of the run's classes.
        ResultsError: a fold that the run does not have, or no model is kept.
        PluginLoadError, UnknownPlugin: a plugin of the run is not installed here, or in another version.
    """
    refuse_missing_enrolment(run.method.access, run.method.title, speaker)
    classes = results.card(run.protocol_hash)["classes"]
    labelled_y = _class_indices(speaker.labelled, classes)
    registry = registry or Registry()
    fits = {name: _kept_fit(results, run, name) for name in _folds(run, fold)}
    extractor = registry.rebuild("features", run.method.features)
    files = _features(extractor, speaker.files)
    others = _features(extractor, speaker.unlabelled)
    seen = _features(extractor, (*speaker.unlabelled, *speaker.files)) if run.method.access.transductive else others
    labelled = _features(extractor, [path for path, _ in speaker.labelled])
    enrolment = Enrolment(_features(extractor, speaker.neutral), seen, labelled, labelled_y)
    models = (_model(results.cell(run.folds[name]), run, fit, registry) for name, fit in fits.items())
    predictions = [
        checked(model.predict(enrolment, files), len(files), len(classes), run.method.title) for model in models
    ]
    mean: np.ndarray = np.mean(predictions, axis=0)
    return mean


def refuse_missing_enrolment(access: Access, title: str, speaker: NewSpeaker) -> None:
    """Raise where a method needs more of the speaker than is given.

    Raises:
        AccessError: saying what is missing and how to give it.
    """
    if len(speaker.neutral) < access.neutral:
        msg = (
            f"{title} needs {access.neutral} neutral utterance{'s' * (access.neutral > 1)} of the speaker; "
            f"{len(speaker.neutral)} came. Give them with --enrol FILE."
        )
        raise AccessError(msg)
    if not access.transductive and isinstance(access.unlabelled, int) and len(speaker.unlabelled) < access.unlabelled:
        msg = (
            f"{title} needs {access.unlabelled} utterances of the speaker, of any emotion; "
            f"{len(speaker.unlabelled)} came. Give them with --enrol-unlabelled FILE."
        )
        raise AccessError(msg)
    if len(speaker.labelled) < access.labelled:
        msg = (
            f"{title} needs {access.labelled} utterance{'s' * (access.labelled > 1)} of the speaker with "
            f"{'their labels' if access.labelled > 1 else 'its label'}; {len(speaker.labelled)} came. "
            "Give them with --enrol-labelled FILE=LABEL."
        )
        raise AccessError(msg)


def _class_indices(labelled: Sequence[tuple[Path, str]], classes: Sequence[str]) -> np.ndarray:
    """Return class indices, shape `(n,)`, int64; raises AccessError for a label that is no class."""
    for path, label in labelled:
        if label not in classes:
            msg = (
                f"{path.name} is labelled {label!r}, which is no class of this run. Its classes: {', '.join(classes)}."
            )
            raise AccessError(msg)
    return np.array([classes.index(label) for _, label in labelled], dtype=np.int64)


def _folds(run: RunRecord, fold: str | None) -> Sequence[str]:
    if fold is None:
        return list(run.folds)
    if fold not in run.folds:
        msg = f"Run {run.run_id} has no fold {fold!r}. Its folds: {', '.join(run.folds)}."
        raise ResultsError(msg)
    return [fold]


def _features(extractor: FeatureExtractor, files: Sequence[Path]) -> FeatureView:
    signals = [audio.read(path) for path in files]
    return FeatureView(Memory(extractor.extract(audio.at(signal, rate), audio.TARGET_RATE) for signal, rate in signals))


def _kept_fit(results: Results, run: RunRecord, fold: str) -> Fit:
    """Return what is recorded of a fit whose model is kept."""
    fit = results.cell(run.folds[fold]).fit()
    if fit is None:
        msg = f"Fold {fold} of run {run.run_id} is not finished. Repeat its command to complete it, or choose another."
        raise ResultsError(msg)
    if not fit.saved:
        msg = (
            f"Run {run.run_id} keeps no models: {run.method.name} cannot be saved, or not with so much training data. "
            "Choose another run."
        )
        raise ResultsError(msg)
    return fit


def _model(folder: CellFolder, run: RunRecord, fit: Fit, registry: Registry) -> FittedMethod:
    folder.refuse_changed_model(fit)
    adapter = registry.rebuild("adapters", run.method.adapter, fit.chosen)
    normaliser = run.method.normaliser and registry.rebuild("normalisers", run.method.normaliser)
    return load_model(adapter, normaliser or None, folder)
