"""Results folders with known contents, written as a run would write them but without any training."""

from dataclasses import dataclass, field

import numpy as np

from sabench.hashing import digest, file_name
from sabench.interfaces.records import Access, Component, Method
from sabench.protocols.folds import order_of_prediction
from sabench.results.folder import Results
from sabench.results.runs import RunRecord

CLASSES = ("angry", "happy", "sad")


def method(name, *, access=None, normaliser="", parameters=None, variant="", features="egemaps", adapter=None):
    """Return a method; the adapter is called like the name up to its first hyphen unless told."""
    return Method(
        name=name,
        adapter=Component(adapter or name.partition("-")[0], "1", parameters or {"C": 1.0}),
        normaliser=Component(normaliser, "1", {"enrolled_by": str(access)}) if normaliser else None,
        features=Component(features, "1", {}),
        access=access or Access(),
        variant=variant,
    )


SVM = method("svm")
SVM_NORM = method("svm-norm", access=Access(unlabelled="all"), normaliser="speaker-zscore")
SVM_NEUTRAL = method("svm-neutral", access=Access(neutral=1), normaliser="speaker-zscore")


@dataclass
class Made:
    """Writes runs over one protocol.

    A speaker's utterances are recognised with the probability `skill`, a number or one a speaker.
    """

    results: Results
    dataset: str = "emodb"
    task: str = "3class"
    protocol: str = "loso"
    n_speakers: int = 8
    per_class: int = 6
    classes: tuple = CLASSES
    simulation: dict | None = None
    pool: dict = field(default_factory=lambda: {"neutral": 1, "scored_too": False})
    notes: tuple = ()
    gender: dict = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self):
        self.speakers = [f"s{i:02}" for i in range(self.n_speakers)]
        shared = self.protocol != "loso"
        self.folds = {"all": self.speakers} if shared else {name: [name] for name in self.speakers}
        self.card = {
            "dataset": self.dataset,
            "task": self.task,
            "classes": list(self.classes),
            "corpus": "made",
            "protocol": self.protocol,
            "pool": self.pool,
            "notes": list(self.notes),
            "simulated": self.simulation,
            "folds": [
                {"name": name, "train": [s for s in self.speakers if s not in who], "validation": [], "test": who}
                for name, who in self.folds.items()
            ],
            "speakers": {
                name: {"neutral": [], "unlabelled": [], "labelled": [], "scored": self._ids(name)}
                for name in self.speakers
            },
        }
        self.hash = digest(self.card)
        folds = {fold: self._fold(who) for fold, who in self.folds.items()}
        self.truth = {"classes": list(self.classes), "folds": folds, "gender": self.gender}
        self.results.prepare()
        self.results.write_protocol(self, self.truth)

    def _ids(self, speaker):
        return [f"{speaker}-{i}" for i in range(len(self.classes) * self.per_class)]

    def _fold(self, speakers):
        rows = [(name, i) for name in speakers for i in order_of_prediction(self._ids(name))]
        labels = [int(name.rpartition("-")[2]) // self.per_class for _, name in rows]
        return {"ids": [i for _, i in rows], "speaker": [name for name, _ in rows], "labels": labels}

    def run(
        self,
        what,
        skill=0.6,
        *,
        seed=0,
        stochastic=False,
        draws=("first",),
        missing=(),
        run_id=None,
        draw_skill=None,
        adapts="",
    ):
        """Write a run; folds in `missing` are left out, and a draw may have a skill of its own."""
        self._count += 1
        number = f"{self._count:06x}"
        keys = {fold: f"{number}{i:04x}{self.hash[:10]}" for i, fold in enumerate(self.folds)}
        record = RunRecord(
            run_id=run_id or f"{file_name(what.name)}-{self.dataset}-{self.task}-s{seed}-{self.hash[:2]}{number}",
            method=what,
            dataset=self.dataset,
            task=self.task,
            protocol=self.protocol,
            protocol_hash=self.hash,
            seed=seed,
            threads=1,
            device="cpu",
            validation_as_training=True,
            simulation=self.simulation,
            stochastic=stochastic,
            folds=keys,
            evaluations={draw: {fold: digest([key, i]) for fold, key in keys.items()} for i, draw in enumerate(draws)},
            created=f"2026-01-01T00:00:00.{self._count:06}",
            adapts=adapts,
        )
        rng = np.random.default_rng([self._count, seed])
        for fold in self.folds:
            if fold not in missing:
                self._write_cell(record, fold, {draw: (draw_skill or {}).get(draw, skill) for draw in draws}, rng)
        return self.results.write_run(record)

    def _write_cell(self, record, fold, skills, rng):
        cell = self.results.cell(record.folds[fold])
        cell.write_fit(
            {"seconds": 1.5, "n_training_speakers": 7, "n_train": 70, "n_parameters": 1234, "environment": {}}
        )
        truth = self.truth["folds"][fold]
        y = np.array(truth["labels"])
        for draw, skill in skills.items():
            by_speaker = np.broadcast_to(skill, len(self.speakers))
            chance = by_speaker[[self.speakers.index(name) for name in truth["speaker"]]]
            said = (y + (rng.random(len(y)) >= chance)) % len(self.classes)
            probabilities = np.eye(len(self.classes))[said] * 0.8 + 0.2 / len(self.classes)
            cell.write_evaluation(record.evaluations[draw][fold], probabilities, {"seconds": 0.5})

    def fail(self, record, fold, reason):
        """Record the failure of a fold."""
        self.results.cell(record.folds[fold]).fail(reason)
