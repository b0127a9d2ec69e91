"""Normalisers that break one promise each: (check that must catch it, class, words of its message)."""

from __future__ import annotations

import pickle
import threading

import numpy as np

from sabench import Access, AccessError
from tests.checks.honest import Mean, vector


class Versionless(Mean):
    version = 1


class Rounding(Mean):
    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight)
        self.weight = int(weight)


class Weighing(Mean):
    def __init__(self, weight: type = float) -> None:
        super().__init__(1.0)
        self.weight = weight


class Locked(Mean):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Worded(Mean):
    access = "all of it"


class Flattening(Mean):
    def enrol(self, enrolment):
        transform = super().enrol(enrolment)
        return lambda array: transform(array).reshape(-1)


class PerBinOfFrames(Mean):
    """Treats the first axis of sequences as if it were another."""

    def enrol(self, enrolment):
        transform = super().enrol(enrolment)
        return lambda array: transform(array) * (2.0 if array.ndim == 2 else 1.0)


class Insistent(Mean):
    def enrol(self, enrolment):
        away = np.mean([vector(array) for array in enrolment.unlabelled] or [self.mean_], axis=0)
        return lambda array: array - away


class Mumbling(Mean):
    def enrol(self, enrolment):
        if not len(enrolment.unlabelled):
            raise AccessError("no")
        return super().enrol(enrolment)


class Crashing(Mean):
    def enrol(self, enrolment):
        enrolment.unlabelled[0]
        return super().enrol(enrolment)


class Dividing(Mean):
    def enrol(self, enrolment):
        if not len(enrolment.unlabelled):
            return super().enrol(enrolment)
        spread = np.std([vector(array) for array in enrolment.unlabelled], axis=0)
        transform = super().enrol(enrolment)

        def divide(array):
            with np.errstate(all="ignore"):
                return transform(array) / spread

        return divide


class Unbiased(Mean):
    def enrol(self, enrolment):
        if len(enrolment.unlabelled) == 1:
            raise ZeroDivisionError("one utterance has no variance")
        return super().enrol(enrolment)


class SelfChanging(Mean):
    def enrol(self, enrolment):
        self.last_ = len(enrolment.unlabelled)
        return super().enrol(enrolment)


class Shared(Mean):
    """All its transforms read the newest speaker's mean."""

    def enrol(self, enrolment):
        self.away_ = np.mean([vector(array) for array in enrolment.unlabelled], axis=0)
        return lambda array: array - self.away_


class Running(Mean):
    def enrol(self, enrolment):
        seen = []

        def transform(array):
            seen.append(vector(array))
            return array - np.mean(seen, axis=0)

        return transform


class FirstCounts(Mean):
    def enrol(self, enrolment):
        away = vector(enrolment.unlabelled[0])
        return lambda array: array - away


class Understating(Mean):
    access = Access()


class Tuning(Mean):
    def fit(self, train):
        super().fit(train)
        self.weight = self.weight / 2


class Unscored(Mean):
    def fit(self, train):
        super().fit(train)
        self.average = self.mean_


class ClassLevel(Mean):
    means: dict[str, np.ndarray] = {}

    def fit(self, train):
        super().fit(train)
        self.means["last"] = self.mean_

    def enrol(self, enrolment):
        away = self.means["last"]
        return lambda array: array - away


class InPlace(Mean):
    def enrol(self, enrolment):
        transform = super().enrol(enrolment)

        def change(array):
            changed = transform(array)
            if array.flags.writeable:
                array[...] = changed
            return changed

        return change


class Borrowing(Mean):
    def fit(self, train):
        for array in train.features:
            array += 0.0
        super().fit(train)


class Pickling(Mean):
    def save(self, folder):
        (folder / "mean.pt").write_bytes(pickle.dumps(self.mean_))

    def load(self, folder):
        self.mean_ = pickle.loads((folder / "mean.pt").read_bytes())


class Unloadable(Mean):
    def load(self, folder):
        raise OSError("the disk is full of eels")


WRONG = [
    ("it_says_what_it_is", Versionless, "has the version 1; expected a text"),
    ("the_constructor_stores_its_arguments", Rounding, r"was given weight=1\.0 and stores 1; store it untouched"),
    ("parameters_round_trip", Weighing, "has parameters that cannot be written and read"),
    ("it_travels_to_a_worker", Locked, "cannot be handed to a worker process"),
    ("the_access_is_a_record", Worded, "has the access 'all of it'; expected a sabench.Access"),
    (
        "transforms_keep_shape_and_are_finite",
        Flattening,
        r"shape \(28, 20\) into \(560,\); .* keeps the shape",
    ),
    ("functionals_and_sequences_are_alike", PerBinOfFrames, "otherwise than sequences of one frame"),
    (
        "without_enrolment_it_is_the_identity_or_says_so",
        Insistent,
        "of a speaker who enrolled nothing",
    ),
    ("without_enrolment_it_is_the_identity_or_says_so", Mumbling, "in the words 'no'; say what is missing"),
    ("without_enrolment_it_is_the_identity_or_says_so", Crashing, "fails without enrolment .in enrol.: IndexError"),
    ("constant_features_stay_finite", Dividing, "into values that are not finite"),
    ("a_speaker_with_one_utterance_is_served", Unbiased, "has one utterance .in enrol.: ZeroDivisionError"),
    ("enrol_leaves_the_normaliser_unchanged", SelfChanging, r"changes itself while it enrols a speaker .*last_"),
    ("enrolling_another_speaker_first_changes_nothing", Shared, "otherwise once another one is enrolled"),
    ("each_array_is_transformed_by_itself", Running, "otherwise after others have been transformed"),
    ("order_of_enrolment_changes_nothing", FirstCounts, "depends on the order of the enrolment utterances"),
    ("it_asks_for_no_more_than_its_access", Understating, "the access 'none' and reads enrolment.unlabelled"),
    ("fitting_leaves_parameters_alone", Tuning, "changes its parameter weight"),
    ("fitting_leaves_parameters_alone", Unscored, "keeps fitted state in 'average'"),
    ("another_instance_changes_nothing", ClassLevel, "they share state"),
    ("inputs_are_left_as_they_were", InPlace, "changes arrays that it is handed"),
    ("read_only_inputs_are_taken", Borrowing, "needs to write into arrays that it is handed"),
    ("saving_and_loading_change_nothing", Pickling, r"saves a pickle \(mean.pt\)"),
    (
        "saving_and_loading_change_nothing",
        Unloadable,
        "cannot be saved and loaded .in load.: .* full of eels",
    ),
]
