"""Plugins that are quick, and known through and through, for tests of the harness on the tiny corpus."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import numpy as np

from sabench import Access, AccessError, Adapter, Alias, FeatureExtractor, hookimpl
from sabench.cells.cell import Cell
from sabench.features.store import FeatureStore
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.running import assembly, preparation
from sabench.running.observer import Observer
from sabench.running.plan import Plan
from sabench.running.planned_run import PlannedRun
from sabench.testing import make_corpus


class Tone(FeatureExtractor):
    """Level in decibel and pitch in semitones of 1 Hz: both are linear in `sabench.testing.Delivery.level`."""

    name = "tone"
    kind = "functionals"

    def __init__(self, fails_on_level_above: float = 1e9) -> None:
        self.fails_on_level_above = fails_on_level_above

    def extract(self, signal, sampling_rate):
        level = 20 * np.log10(np.sqrt((signal[0] ** 2).mean()))
        if level > self.fails_on_level_above:
            raise ValueError("too loud")
        spectrum = np.abs(np.fft.rfft(signal[0], 2**16))
        pitch_hz = spectrum.argmax() * sampling_rate / 2**16
        return np.array([level, 12 * np.log2(pitch_hz)], np.float32)


class ToneFrames(FeatureExtractor):
    """Level and zero crossings of every 25 ms."""

    name = "tone-frames"
    kind = "sequences"

    def extract(self, signal, sampling_rate):
        frames = signal[0][: len(signal[0]) // 400 * 400].reshape(-1, 400)
        crossings = (np.diff(np.signbit(frames), axis=1) != 0).sum(axis=1)
        return np.stack([np.log(frames.std(axis=1)), np.log1p(crossings)], axis=1).astype(np.float32)


class Nearest(Adapter):
    """The nearest class mean; `notes` gets a line for every fit, whichever process does it."""

    name = "nearest"
    title = "nearest class mean"
    features = "tone"
    accepts = ("functionals", "sequences")
    presets = {"soft": {"sharpness": 0.1}}
    search_grid = {"feature": (0, 1, None)}
    evaluation_parameters = ("sharpness",)

    def __init__(self, feature: int | None = None, sharpness: float = 1.0, notes: str = "") -> None:
        self.feature = feature
        self.sharpness = sharpness
        self.notes = notes

    def fit(self, train, validation, *, context):
        if self.notes:
            with Path(self.notes).open("a") as stream:
                stream.write(f"{os.getpid()} {'+'.join(sorted(set(train.speaker)))}\n")
        X = self.look(train.features)
        self.means_ = np.stack(
            [
                X[train.y == c].mean(axis=0) if (train.y == c).any() else np.full(X.shape[1], np.inf)
                for c in range(len(train.classes))
            ]
        )

    def look(self, features):
        X = np.stack([array.reshape(-1, array.shape[-1]).mean(axis=0) for array in features])
        return X if self.feature is None else X[:, [self.feature]]

    def enrol(self, enrolment):
        return NearestPredictor(self)

    def save(self, folder):
        np.save(folder / "means.npy", self.means_)

    def load(self, folder):
        self.means_ = np.load(folder / "means.npy")


class Unsavable(Nearest):
    """The nearest class mean, of which nothing can be kept."""

    name = "unsavable"
    save = Adapter.save


class NearestPredictor:
    def __init__(self, adapter, offset=0.0):
        self.adapter, self.offset = adapter, offset

    def predict_proba(self, features):
        X = self.adapter.look(features) - self.offset
        distance = ((X[:, None] - self.adapter.means_[None]) ** 2).sum(axis=2)
        scores = np.exp(-self.adapter.sharpness * (distance - distance.min(axis=1, keepdims=True)))
        return scores / scores.sum(axis=1, keepdims=True)


class NearestToNeutral(Nearest):
    """Class means of differences to a speaker's neutral utterances, over a few pretended epochs."""

    name = "nearest-to-neutral"
    uses_validation = True
    stochastic = True
    search_grid = {}
    evaluation_parameters = ("sharpness", "neutral")

    def __init__(
        self, neutral: int = 1, epochs: int = 3, sharpness: float = 1.0, notes: str = "", dies_after: int = 0
    ) -> None:
        super().__init__(sharpness=sharpness, notes=notes)
        self.neutral = neutral
        self.epochs = epochs
        self.dies_after = dies_after

    @property
    def access(self):
        return Access(neutral=self.neutral)

    def fit(self, train, validation, *, context):
        kept = context.checkpoint.load()
        total, first = (kept[0]["total"], kept[1]["epoch"] + 1) if kept else (0.0, 1)
        for epoch in range(first, self.epochs + 1):
            rng = np.random.default_rng((context.seed, epoch))
            total = total + self.class_means(train, rng)
            context.report(epoch=epoch, epochs=self.epochs, loss=1 / epoch)
            context.checkpoint.save({"total": total}, {"epoch": epoch})
            if epoch == self.dies_after:
                os.kill(os.getpid(), signal.SIGKILL)
        self.means_ = total / self.epochs

    def class_means(self, train, rng):
        differences = np.stack(
            [
                self.look(train.features.take([i]))[0] - self.centre(train.draw_enrolment(i, Access(neutral=1), rng))
                for i in range(len(train))
            ]
        )
        return np.stack([differences[train.y == c].mean(axis=0) for c in range(len(train.classes))])

    def centre(self, enrolment):
        return self.look(enrolment.neutral).mean(axis=0)

    def enrol(self, enrolment):
        return NearestPredictor(self, self.centre(enrolment))


class Shifted(Nearest):
    """Class means after the mean of a speaker's neutral utterances is taken away; they may be many."""

    name = "shifted"
    title = "nearest class mean, from a neutral utterance on"
    search_grid = {}
    evaluation_parameters = ("neutral",)

    def __init__(self, sharpness: float = 1.0, neutral: int = 1) -> None:
        super().__init__(sharpness=sharpness)
        self.neutral = neutral

    @property
    def access(self):
        return Access(neutral=self.neutral)

    def fit(self, train, validation, *, context):
        X = self.look(train.features)
        own = {speaker: X[rows].mean(axis=0) for speaker, rows in train.neutral_rows_of.items()}
        X = X - np.stack([own[str(speaker)] for speaker in train.speaker])
        self.means_ = np.stack([X[train.y == c].mean(axis=0) for c in range(len(train.classes))])

    def enrol(self, enrolment):
        if not len(enrolment.neutral):
            raise AccessError("shifted needs a neutral utterance of the target speaker.")
        return NearestPredictor(self, self.look(enrolment.neutral).mean(axis=0))


class Faulty(Nearest):
    """Does one thing wrong, in the folds whose target (or, without one, in all) is not among training speakers."""

    name = "faulty"
    evaluation_parameters = ()
    search_grid = {}

    def __init__(
        self,
        fault: Literal[
            "raise", "kill", "kill-once", "wait-once", "nan", "shape", "sums", "batch", "order", "memory"
        ] = "raise",
        target: str = "",
        notes: str = "",
    ) -> None:
        super().__init__(notes=notes)
        self.fault = fault
        self.target = target

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.active_ = self.target not in train.speaker
        if self.active_ and self.fault == "raise":
            raise RuntimeError("no luck")
        if self.active_ and self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        mark = Path(f"{self.notes}.killed")
        if self.active_ and self.fault == "kill-once" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

        waits = Path(f"{self.notes}.waits")
        if self.active_ and self.fault == "wait-once" and not waits.exists():
            waits.touch()
            time.sleep(120)

    def enrol(self, enrolment):
        if self.active_ and self.fault == "memory":
            self.means_ = self.means_[::-1]
        return FaultyPredictor(self)

    save = Adapter.save


class FaultyPredictor(NearestPredictor):
    def predict_proba(self, features):
        good = super().predict_proba(features)
        if not self.adapter.active_:
            return good
        wrong = {
            "nan": lambda: good * np.nan,
            "shape": lambda: good[:, :-1],
            "sums": lambda: 2 * good,
            "batch": lambda: 0.5 * good + 0.5 * good.mean(axis=0),
            "order": lambda: np.roll(good, 1, axis=0),
        }
        return wrong.get(self.adapter.fault, lambda: good)()


REMEMBERED: dict[bytes, int] = {}
"""What `remembering` has been trained on, in whatever process."""


class Remembering(Nearest):
    """Remembers the label of everything it was trained on, for all folds: a score of 100 % by cheating."""

    name = "remembering"
    evaluation_parameters = ()
    search_grid = {}

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        REMEMBERED.update({array.tobytes(): int(label) for array, label in zip(train.features, train.y, strict=True)})

    def enrol(self, enrolment):
        return RememberingPredictor(self)


class RememberingPredictor(NearestPredictor):
    def predict_proba(self, features):
        good = super().predict_proba(features)
        for row, array in enumerate(features):
            if array.tobytes() in REMEMBERED:
                good[row] = np.eye(good.shape[1])[REMEMBERED[array.tobytes()]]
        return good


class Rude(Nearest):
    """Prints, closes what is not its own, and ends its process."""

    name = "rude"
    evaluation_parameters = ()
    search_grid = {}

    def __init__(self, how: Literal["print", "close", "exit", "sys-exit", "unprintable"] = "print") -> None:
        super().__init__()
        self.how = how

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        print("{not json")
        if self.how == "close":
            os.closerange(0, 3)
        if self.how == "exit":
            os._exit(0)
        if self.how == "sys-exit":
            sys.exit("I am done")
        if self.how == "unprintable":
            raise Unprintable

    save = Adapter.save


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Greedy(Nearest):
    """Notes how much enrolment it is handed, whatever it declares."""

    name = "greedy"

    def __init__(
        self, neutral: int = 0, unlabelled: int | Literal["all"] = 0, labelled: int = 0, notes: str = ""
    ) -> None:
        super().__init__(notes=notes)
        self.neutral = neutral
        self.unlabelled = unlabelled
        self.labelled = labelled

    evaluation_parameters = ()

    @property
    def access(self):
        return Access(self.neutral, self.unlabelled, self.labelled)

    def enrol(self, enrolment):
        kinds = (enrolment.neutral, enrolment.unlabelled, enrolment.labelled, enrolment.labelled_y)
        with Path(self.notes).open("a") as stream:
            stream.write(" ".join(str(len(kind)) for kind in kinds) + "\n")
        return super().enrol(enrolment)


@hookimpl
def sabench_features():
    return {"tone": Tone, "tone-frames": ToneFrames}


@hookimpl
def sabench_adapters():
    return {
        "nearest": Nearest,
        "nearest-norm": Alias("nearest", normaliser="speaker-zscore"),
        "nearest-neutral": Alias(
            "nearest", normaliser="speaker-zscore", normaliser_parameters={"neutral": 1, "shrinkage": 0.0}
        ),
        "nearest-to-neutral": NearestToNeutral,
        "shifted": Shifted,
        "unsavable": Unsavable,
        "faulty": Faulty,
        "greedy": Greedy,
        "remembering": Remembering,
        "rude": Rude,
    }


def planned_runs(plan: Plan) -> list[PlannedRun]:
    """Return the runs of a plan."""
    return preparation.planned_runs(plan, registry(), Observer())


def cells(plan: Plan) -> list[Cell]:
    """Return the cells of a plan, with features computed."""
    made = []
    for planned in planned_runs(plan):
        name, table = planned.record.method.features.name, planned.split_corpus.corpus.table
        features = FeatureStore().ensure(table, planned.parts.extractor, name, jobs=1)
        results = Results(plan.results)
        made += assembly.cells(results, planned, planned.record, features)
    return made


def registry() -> Registry:
    """Return a fresh registry in which these plugins stand beside the installed ones."""
    import tiny

    return Registry(extra=[tiny])


def plan_in(folder: Path, **values) -> Plan:
    """Return a plan over a tiny corpus of four speakers in the folder, made where it is not there."""
    table = folder / "corpus.csv"
    if not table.exists():
        make_corpus(folder, n_speakers=4, n_per_class=4)
    fixed = {"adapters": "nearest", "roots": {"table": table}, "protocol": "loso"}
    return plan(table, folder / "results", **{**fixed, **values})


def plan(table: Path, results: Path, **values) -> Plan:
    """Return a plan over a tiny corpus that runs in this process and tracks nothing."""
    given = {"adapters": ["nearest"], "datasets": ["table"], "jobs": 1, "threads": 1, "track": False, **values}
    return Plan.build({"root": table, "results": results, **given})
