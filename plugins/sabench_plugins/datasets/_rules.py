"""The reader of every corpus that is a table of rules: from the files below a root to utterances and faults."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from sabench import Corpus, Dataset, DatasetError, Fault, simulation_of, utterance_table
from sabench_plugins.datasets._layout import Fields, Join, Layout, applied
from sabench_plugins.datasets._reading import refuse_unknown_task, relative
from sabench_plugins.datasets._walking import VIDEO, Holdings, Recording, holdings, named
from sabench_plugins.datasets._words import listed, shown


class RuledDataset(Dataset):
    """A corpus that a `Layout` describes.

    Attributes:
        layout: the rules.
    """

    layout: ClassVar[Layout]

    def load(self, root: Path, task: str) -> Corpus:
        """Read the recordings below the root, in sorted order."""
        refuse_unknown_task(self, task)
        root = root.absolute()
        held = holdings(root, self.layout.path)
        if not held.recordings:
            raise DatasetError(_nothing(root, self.layout, held))
        reading = _Reading(self.layout, task, root)
        rows = reading.rows(held)
        table = utterance_table(rows)
        base = held.recordings[0].path.parent
        return Corpus(
            self.name,
            task,
            self.layout.tasks[task].classes,
            table,
            root,
            (*(Fault(remark, fatal=False) for remark in self.layout.remarks), *reading.faults),
            reading.notes,
            simulation_of(base),
        )


class _Reading:
    """One reading of a corpus for a task; gathers faults."""

    def __init__(self, layout: Layout, task: str, root: Path) -> None:
        self._layout, self._name, self._root = layout, task, root
        self._task = layout.tasks[task]
        self._left: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.notes: tuple[str, ...] = ()

    def rows(self, held: Holdings) -> list[dict[str, Any]]:
        layout = self._layout
        for path in held.strangers:
            means = f" ({layout.means})" if layout.means else ""
            sentence = f"expected a name like {layout.example!r}{means}, found {shown(path.name)}."
            self.faults.append(Fault(sentence, relative(path, self._root)))
        recordings = self._once(held.recordings)
        for join in layout.joins:
            self._join(join, recordings, held)
        self.notes = layout.notes([one.fields for one in recordings.values()])
        of_task = {name: one for name, one in recordings.items() if self._belongs(one.fields)}
        usable = {name: one for name, one in of_task.items() if self._usable(name, one)}
        rows = [self._row(name, one) for name, one in usable.items() if self._code(one) in self._task.labels]
        self._count(len(of_task), {applied(layout.speaker, one.fields) for one in usable.values()})
        return rows

    def _once(self, recordings: Iterable[Recording]) -> dict[str, Recording]:
        """Return recordings by id; copies of one are told, and the first is taken."""
        by_id: dict[str, Recording] = {}
        copies: list[tuple[Recording, Recording]] = []
        for recording in recordings:
            name = str(applied(self._layout.id, recording.fields))
            if name in by_id:
                copies.append((by_id[name], recording))
            else:
                by_id[name] = recording
        if copies:
            taken, copy = copies[0]
            places = f"{relative(taken.path, self._root)} and {relative(copy.path, self._root)}"
            sentence = f"{len(copies)} recordings are there twice, such as {places}; the first is taken."
            self.faults.append(Fault(sentence, fatal=False))
        return by_id

    def _join(self, join: Join, recordings: Mapping[str, Recording], held: Holdings) -> None:
        path = named(held.others, join.file)
        if path is None:
            if self._name in join.tasks:
                name = join.file.replace("\\", "")
                msg = f"{self._root} holds no table {name}, which task {self._name!r} needs; put it below the root."
                raise DatasetError(msg)
            return
        place, said = relative(path, self._root), dict(join.read(path))
        keys = {name: join.key.format(**one.fields) for name, one in recordings.items()}
        for name, one in recordings.items():
            one.fields.update(said.get(keys[name], {}))
        absent = sorted(set(said).difference(keys.values())) if join.every else []
        if missing := [key for key in absent if self._layout.fault_of(key) is None]:
            self.faults.append(Fault(f"The audio of {len(missing)} utterances is not there: {listed(missing)}.", place))

    def _belongs(self, fields: Fields) -> bool:
        return all(re.fullmatch(wanted, fields.get(name, "")) for name, wanted in self._task.where.items())

    def _code(self, recording: Recording) -> str | None:
        """Return what tells the class; capitals count where codes differ by them alone."""
        code = recording.fields.get(self._task.coded)
        known = self._layout.known(self._task.coded)
        return code if code is None or code in known or code.lower() not in known else code.lower()

    def _usable(self, name: str, recording: Recording) -> bool:
        """Return whether an utterance has a known speaker and code; what it lacks is counted or told."""
        layout, code = self._layout, self._code(recording)
        if bad := layout.fault_of(name, recording.path.name):
            self._left[bad] += 1
        elif code is None:
            self._left["no table of labels has a row for them"] += 1
        elif code in layout.left_out:
            self._left[layout.left_out[code]] += 1
        elif code not in layout.known(self._task.coded):
            known = ", ".join(sorted(layout.known(self._task.coded)))
            sentence = f"unknown label {shown(code)}; expected one of {known}."
            self.faults.append(Fault(sentence, relative(recording.path, self._root)))
        elif applied(layout.speaker, recording.fields) is None:
            self._left[layout.nobody] += 1
        else:
            return True
        return False

    def _row(self, name: str, recording: Recording) -> dict[str, Any]:
        layout, fields = self._layout, recording.fields
        code = self._code(recording) or ""
        rules = {"speaker": layout.speaker, "gender": layout.gender, "session": layout.session, "text": layout.text}
        return {
            "id": name,
            "path": str(recording.path),
            "label": self._task.labels[code],
            "neutral": code in layout.neutral,
            "partition": applied(layout.partition, fields),
            **{column: applied(rule, fields) for column, rule in rules.items()},
        }

    def _count(self, n_there: int, speakers: set[str | None]) -> None:
        """Tell what is left out, and what this copy lacks of the published corpus."""
        for reason, count in self._left.items():
            sentence = (
                f"{count} utterances are left out: {reason}." if count > 1 else f"One utterance is left out: {reason}."
            )
            self.faults.append(Fault(sentence, fatal=False))
        missing = [name for name in self._layout.speakers if name not in speakers]
        who = f" Missing speakers: {listed(missing)}." if missing else ""
        task = self._task
        if task.published is not None and n_there != task.published:
            sentence = f"This copy has {n_there} utterances{task.of}; the published corpus has {task.published}.{who}"
            self.faults.append(Fault(sentence, fatal=False))


def _nothing(root: Path, layout: Layout, held: Holdings) -> str:
    there = f" ({held.n_audio} audio files of other names are there)" if held.n_audio else ""
    videos = sum(path.suffix.lower() in VIDEO for path in held.others)
    if videos:
        there += f" ({videos} videos are there; decode the sound of each with: ffmpeg -i FILE.mp4 -vn -ac 1 FILE.wav)"
    return f"{root} holds no recording like {layout.example!r}{there}; expected {layout.root} as the root."
