"""Datasets that break one promise each: (check that must catch it, class, words of its message)."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path

from sabench import Corpus, Reported
from tests.checks.honest import Folders


class Anonymous(Folders):
    title = ""


class Storing(Folders):
    def __init__(self, audio: str = "wav") -> None:
        self.audio = audio + "/"


class Sorting(Folders):
    def __init__(self, key: object = len) -> None:
        self.key = key


class Locked(Folders):
    def __init__(self) -> None:
        self.lock = threading.Lock()


class Unlicensed(Folders):
    licence = ""
    reported = (Reported("SVM", task="4class", uar=66.8, source=""),)


class Trusting(Folders):
    def load(self, root, task):
        (root / "expected.txt").read_text()
        return super().load(root, task)


class Silent(Folders):
    def load(self, root, task):
        if not (root / "expected.txt").exists():
            return Corpus(self.name, task, ("happy", "sad"), self.empty(), root)
        return super().load(root, task)

    def empty(self):
        from sabench import utterance_table

        return utterance_table([])


class Changed(Folders):
    """Changes the corpus after it has been read."""

    def load(self, root, task):
        corpus = super().load(root, task)
        return self.change(corpus, corpus.table)


class Narrow(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.drop(columns="gender"))


class Flagging(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(neutral=table["neutral"].map({True: "yes", False: "no"})))


class Numbering(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(speaker=range(len(table))))


class Repeating(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(id="the one"))


class Labelling(Changed):
    def change(self, corpus, table):
        return replace(corpus, classes=("happy", "neutral"))


class Unordered(Changed):
    def change(self, corpus, table):
        return replace(corpus, classes=set(corpus.classes))


class RelativePaths(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(path=[Path(path).name for path in table["path"]]))


class Beyond(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(start_s=5.0))


class OneVoice(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(speaker="all"))


class NoNeutral(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(neutral=False))


class Shuffling(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.iloc[random.sample(range(len(table)), len(table))].reset_index(drop=True))


class PathIds(Changed):
    def change(self, corpus, table):
        return replace(corpus, table=table.assign(id=table["path"]))


class Dropping(Changed):
    def change(self, corpus, table):
        return replace(corpus, faults=())


class Littering(Folders):
    def load(self, root, task):
        (root / "cache.json").write_text(str(random.random()))
        return super().load(root, task)


class Listing(Folders):
    def load(self, root, task):
        return super().load(root, task).table


WRONG = [
    ("it_says_what_it_is", Anonymous, "has the title ''"),
    ("the_constructor_stores_its_arguments", Storing, "was given audio='wav/' and stores 'wav//'"),
    ("parameters_round_trip", Sorting, "cannot be written and read"),
    ("it_travels_to_a_worker", Locked, "cannot be handed to a worker process"),
    ("declarations_are_sound", Unlicensed, "names no licence; reports a result for the task '4class'.*66.8.*fraction"),
    ("a_missing_corpus_is_a_clear_error", Trusting, "does not say clearly .* FileNotFoundError"),
    ("a_missing_corpus_is_a_clear_error", Silent, "reads a folder that is not there without a DatasetError"),
    ("tables_have_the_columns_of_a_corpus", Narrow, "expected id, path, start_s"),
    ("tables_have_the_columns_of_a_corpus", Flagging, "gives the column neutral as .*; expected true or false"),
    ("tables_have_the_columns_of_a_corpus", Numbering, "gives 0 in the column speaker"),
    ("tables_have_the_columns_of_a_corpus", Listing, "returns DataFrame from load; expected a sabench.Corpus"),
    ("ids_are_unique", Repeating, "gives the id 'the one' to more than one utterance"),
    ("labels_are_classes_in_a_fixed_order", Labelling, "labels outside the classes of task 3class: sad"),
    ("labels_are_classes_in_a_fixed_order", Unordered, "has classes without a fixed order"),
    ("recordings_can_be_read", RelativePaths, "gives the path '.*wav'; expected absolute paths"),
    ("recordings_can_be_read", Beyond, "leads to audio that cannot be read"),
    ("several_speakers_are_told", OneVoice, r"knows one speaker only \(all\)"),
    ("neutral_utterances_are_flagged", NoNeutral, "flags no utterance as neutral, and no note"),
    ("reading_again_gives_the_same", Shuffling, "another table when the same corpus is read again"),
    ("moving_the_corpus_changes_nothing_but_paths", PathIds, "gives other id when the corpus lies elsewhere"),
    ("a_missing_recording_is_told", Dropping, r"leaves out .*\.wav, which was removed, without a fault"),
    ("reading_leaves_the_corpus_alone", Littering, "changes files of the corpus while it reads it"),
]
