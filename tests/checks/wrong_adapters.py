"""Adapters that break one promise each: (check that must catch it, class, words of its message)."""

from __future__ import annotations

import inspect
import pickle
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sabench import Access, Cost, SklearnAdapter, Utterances
from tests.checks.honest import Centroid, Nearest, softmax, vector, vectors


class Nameless(Centroid):
    title = ""


class Doubling(Centroid):
    def __init__(self, sharpness: float = 1.0) -> None:
        super().__init__(2 * sharpness)


class Functional(Centroid):
    def __init__(self, pool: Callable = np.mean) -> None:
        super().__init__()
        self.pool = pool


class Locked(Centroid):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Boasting(Centroid):
    presets = {"sharp": {"sharpnes": 9.0}}
    preset_features = {"blunt": "tone"}
    access = 1


class Endless(Centroid):
    def cost(self, lengths, width, n_classes, *, device, threads):
        return Cost(seconds=float("inf"))


class FunctionalsOnly(Centroid):
    def fit(self, train, validation, *, context):
        train.features.stack()[:, 39]
        super().fit(train, validation, context=context)


class Validating(Centroid):
    uses_validation = True

    def fit(self, train, validation, *, context):
        validation[0]
        super().fit(train, validation, context=context)


class Tuning(Centroid):
    def fit(self, train, validation, *, context):
        self.sharpness = 0.5 + self.sharpness
        super().fit(train, validation, context=context)


class Unscored(Centroid):
    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.weights = self.centres_


class SharpFit(Centroid):
    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.centres_ = self.sharpness * self.centres_


class TwoColumns(Nearest):
    def predict_proba(self, features):
        return super().predict_proba(features)[:, :2]


class NotANumber(Nearest):
    def predict_proba(self, features):
        return super().predict_proba(features) * np.nan


class Logits(Nearest):
    def predict_proba(self, features):
        return self.scores(features)


class Sorted(Nearest):
    def predict_proba(self, features):
        return super().predict_proba(features)[:, np.argsort(["sad", "happy", "neutral"])]


class Smoothing(Nearest):
    def predict_proba(self, features):
        steps = np.arange(1, len(features) + 1)[:, None]
        return np.cumsum(super().predict_proba(features), axis=0) / steps


class BatchCentred(Nearest):
    def predict_proba(self, features):
        scores = self.scores(features)
        return softmax(scores - scores.mean(axis=0))


def predicting(predictor):
    """An adapter whose predictor is another one."""

    class Changed(Centroid):
        def enrol(self, enrolment):
            return predictor(self, super().enrol(enrolment).home)

    Changed.__name__ = predictor.__name__
    return Changed


class SelfChanging(Centroid):
    def enrol(self, enrolment):
        self.home_ = vectors(enrolment.neutral).mean(axis=0)
        return super().enrol(enrolment)


class Running(Centroid):
    """Its speakers share a running mean, kept where only enrolling them in turn shows it."""

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.homes_ = []

    def enrol(self, enrolment):
        self.homes_.append(vectors(enrolment.neutral).mean(axis=0))
        return Nearest(self, np.mean(self.homes_, axis=0))


class Drifting(Centroid):
    """Every speaker that it enrols changes it for the next one."""

    def enrol(self, enrolment):
        self.centres_ = self.centres_ + 1
        return Nearest(self, super().enrol(enrolment).home)


class Insisting(Centroid):
    """Cannot do without what it does not declare."""

    access = Access()

    def enrol(self, enrolment):
        return Nearest(self, vectors(enrolment.neutral).mean(axis=0))


class OneForAll(Centroid):
    def enrol(self, enrolment):
        self.one_ = super().enrol(enrolment)
        return self

    def predict_proba(self, features):
        return self.one_.predict_proba(features)


class Understating(Centroid):
    access = Access()


class Greedy(Centroid):
    """Swallows the error that would have told it."""

    def enrol(self, enrolment):
        try:
            list(enrolment.labelled_y)
        except Exception:  # noqa: BLE001
            pass
        return super().enrol(enrolment)


class FramePeeking(Nearest):
    def predict_proba(self, features):
        frame = inspect.currentframe()
        while frame is not None:
            for value in frame.f_locals.values():
                if isinstance(value, Utterances) and value.features is features:
                    return np.eye(3)[value.y]
            frame = frame.f_back
        return super().predict_proba(features)


class AttributePeeking(Nearest):
    def predict_proba(self, features):
        return np.eye(3)[features.y] if hasattr(features, "y") else super().predict_proba(features)


class Unseeded(Centroid):
    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.centres_ = self.centres_ + np.random.normal(size=self.centres_.shape)  # noqa: NPY002


class Chancy(Centroid):
    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.centres_ = self.centres_ + np.random.default_rng(context.seed).normal(size=self.centres_.shape)


class ClassLevel(Centroid):
    """Keeps what it learnt where all of its class see it."""

    shared: dict[str, np.ndarray] = {}

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.shared["centres"] = self.centres_

    def enrol(self, enrolment):
        fitted = super().enrol(enrolment)
        self.centres_ = self.shared["centres"]
        return fitted


class Memorising(Centroid):
    """Remembers every training utterance of the process with its label."""

    memory: dict[bytes, int] = {}

    def fit(self, train, validation, *, context):
        super().fit(train, validation, context=context)
        self.memory.update({vector(a).tobytes(): int(label) for a, label in zip(train.features, train.y, strict=True)})

    def enrol(self, enrolment):
        return Remembering(self, super().enrol(enrolment).home)


class Remembering(Nearest):
    def predict_proba(self, features):
        probabilities = super().predict_proba(features)
        for row, array in enumerate(features):
            if (label := self.adapter.memory.get(vector(array).tobytes())) is not None:
                probabilities[row] = np.eye(3)[label]
        return probabilities


class Peeking(Centroid):
    """Looks at the whole of a large call, and answers single utterances from what it said of them then."""

    def enrol(self, enrolment):
        return AnsweringFromMemory(self, super().enrol(enrolment).home)


class AnsweringFromMemory(Nearest):
    said: dict[bytes, np.ndarray] = {}

    def predict_proba(self, features):
        if len(features) > 4:
            good = super().predict_proba(features)
            company = 0.5 * good + 0.5 * good.mean(axis=0)
            self.said.update({vector(a).tobytes(): row for a, row in zip(features, company, strict=True)})
        known = [self.said.get(vector(array).tobytes()) for array in features]
        return super().predict_proba(features) if any(row is None for row in known) else np.stack(known)


class Pickling(Centroid):
    def save(self, folder):
        (folder / "model.bin").write_bytes(pickle.dumps((self.home_, self.centres_, self.known_)))

    def load(self, folder):
        self.home_, self.centres_, self.known_ = pickle.loads((folder / "model.bin").read_bytes())


class Forgetful(Centroid):
    def load(self, folder):
        super().load(folder)
        self.centres_ = np.round(self.centres_, 1)


class Unloadable(Centroid):
    def save(self, folder):
        return None


class Twice(Centroid):
    """Its checkpoint counts an epoch too few."""

    def fit(self, train, validation, *, context):
        save = context.checkpoint.save
        behind = lambda arrays, state: save(arrays, {"epoch": state["epoch"] - 1})  # noqa: E731
        checkpoint = type("Behind", (), {"save": staticmethod(behind), "load": context.checkpoint.load})()
        super().fit(train, validation, context=replace(context, checkpoint=checkpoint))


class Spread(Centroid):
    def moved(self, train):
        for rows in train.rows_of.values():
            if len(rows) < 2:
                raise ZeroDivisionError("a speaker without spread")
        return super().moved(train)


class PresentOnly(Nearest):
    def predict_proba(self, features):
        return softmax(self.scores(features)[:, self.adapter.known_])


class UnitLength(Nearest):
    def scores(self, features):
        x = vectors(features)
        with np.errstate(all="ignore"):
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        return -((x[:, None] - self.adapter.centres_) ** 2).mean(axis=2)


class Moving(Centroid):
    """Needs the change from frame to frame."""

    accepts = ("sequences",)

    def fit(self, train, validation, *, context):
        if min(train.features.lengths) < 2:
            raise IndexError("no second frame")
        super().fit(train, validation, context=context)


class Overwriting(Centroid):
    def moved(self, train):
        for array in train.features:
            array -= array.mean()
        return super().moved(train)


class Borrowing(Centroid):
    """Writes into what it is handed, and restores it."""

    def moved(self, train):
        for array in train.features:
            array += 0.0
        return super().moved(train)


class Halfway(SklearnAdapter):
    name = "halfway"
    title = "a classifier that is none"

    def estimator(self, seed):
        return Guessing()


class Guessing:
    """Has neither parameters nor classes as scikit-learn knows them."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


WRONG = [
    ("it_says_what_it_is", Nameless, "Nameless has the title ''; expected a text"),
    ("the_constructor_stores_its_arguments", Doubling, r"was given sharpness=2\.0 and stores 4\.0"),
    ("parameters_round_trip", Functional, "has parameters that cannot be written and read: .*cannot be hashed"),
    ("it_travels_to_a_worker", Locked, "cannot be handed to a worker process: .*cannot pickle"),
    (
        "declarations_are_sound",
        Boasting,
        "has the access 1.*offers the preset 'sharp'.*Did you mean 'sharpness'.*features for the preset 'blunt', which",
    ),
    ("cost_and_size_are_numbers", Endless, r"estimates the cost .*inf.*zero seconds or more"),
    ("every_accepted_kind_is_taken", FunctionalsOnly, "cannot be fitted on one of the kinds of features"),
    (
        "no_validation_speaker_is_needed",
        Validating,
        "cannot be fitted without validation speakers .in fit.: IndexError",
    ),
    ("fitting_leaves_parameters_alone", Tuning, "changes its parameter sharpness while it is fitted"),
    ("fitting_leaves_parameters_alone", Unscored, "keeps fitted state in 'weights'; .* weights_"),
    ("evaluation_parameters_do_not_change_the_fit", SharpFit, "when sharpness is changed after the fit"),
    ("probabilities_have_the_promised_shape", predicting(TwoColumns), r"gave shape \(12, 2\); expected \(12, 3\)"),
    ("probabilities_have_the_promised_shape", predicting(NotANumber), "gave 36 values that are not finite"),
    ("probabilities_have_the_promised_shape", predicting(Logits), "gave rows that are no probabilities"),
    (
        "columns_are_in_class_order",
        predicting(Sorted),
        "in the order happy, neutral, sad; .* sad, happy",
    ),
    ("order_of_test_utterances_changes_nothing", predicting(Smoothing), "changes with the order of the utterances"),
    (
        "batch_of_test_utterances_changes_nothing",
        predicting(BatchCentred),
        r"other utterances .*unlabelled=ALL",
    ),
    ("enrol_leaves_the_adapter_unchanged", SelfChanging, r"changes itself while it enrols a speaker .*\(home_\)"),
    ("enrolling_another_speaker_first_changes_nothing", Running, "when another one was enrolled before"),
    ("predictors_do_not_share_what_they_keep", OneForAll, "predictors that change when another speaker is enrolled"),
    ("it_asks_for_no_more_than_its_access", Understating, "the access 'none' and reads enrolment.neutral"),
    ("it_asks_for_no_more_than_its_access", Greedy, "reads enrolment.labelled_y"),
    ("permuted_target_labels_change_nothing", predicting(FramePeeking), "labels .* are permuted: it has found them"),
    ("permuted_target_labels_change_nothing", predicting(AttributePeeking), "are permuted: it has found them"),
    ("the_same_seed_gives_the_same_output", Unseeded, "fitted twice with the same seed"),
    ("the_seed_matters_only_where_declared", Chancy, "depends on the seed and does not declare `stochastic = True`"),
    ("another_instance_changes_nothing", ClassLevel, "once another one was fitted: they share state"),
    ("nothing_kept_from_other_calls_changes_a_prediction", Peeking, "predicts otherwise in a fresh process"),
    ("folds_in_reverse_order_change_nothing", Memorising, "come in another order: it remembers earlier folds"),
    ("saving_and_loading_change_nothing", Pickling, r"saves a pickle \(model.bin\), which can run code"),
    ("saving_and_loading_change_nothing", Forgetful, "predicts otherwise once saved and loaded"),
    ("saving_and_loading_change_nothing", Unloadable, "cannot be saved and loaded .in load.: FileNotFoundError"),
    ("a_resumed_fit_ends_in_the_same_numbers", Twice, "when its fit was killed and resumed"),
    (
        "a_speaker_with_one_utterance_is_served",
        Spread,
        "fails where a speaker has one utterance .in fit.: Zero",
    ),
    ("a_class_absent_from_training_keeps_its_column", predicting(PresentOnly), r"gave shape \(12, 2\)"),
    ("silence_is_survived", predicting(UnitLength), "gave 36 values that are not finite"),
    ("clips_of_one_frame_are_survived", Moving, "fails on clips of one frame .in fit.:"),
    ("inputs_are_left_as_they_were", Overwriting, "changes training data that it is handed"),
    ("read_only_inputs_are_taken", Borrowing, "needs to write into arrays that it is handed .in fit.: ValueError"),
    ("its_classifier_is_one_of_scikit_learn", Halfway, "has a classifier that breaks scikit-learn's contract: "),
]
