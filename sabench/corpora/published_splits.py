"""Splits that others have published: which speakers, sentences and recordings stand on two sides of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from sabench.corpora.csv_rows import rows_in, text_of
from sabench.errors import DatasetError

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "part": ("partition", "split", "split_set", "set", "subset", "fold"),
    "speaker": ("speaker", "speaker_id", "spkrid", "spk", "actor", "subject"),
    "text": ("text", "sentence", "transcription", "transcript", "sentence_id"),
    "audio": ("audio", "file", "path", "wav", "filename", "file_name", "key", "id", "utterance"),
}
"""What a split says of an utterance, and what its columns are called, the likelier first; capitals do not count."""
_PARTS: Final = re.compile(r"(?i)train|valid|dev|test|fold_?\d+")
_MOST_ROWS: Final = 5_000_000


@dataclass(frozen=True)
class Shared:
    """What two parts of a split share.

    Attributes:
        what: `speaker`, `text` or `audio`.
        first, second: the parts.
        names: what stands in both, in sorted order.
        of: how many there are in the second part.
        rows: how many utterances of the second part that concerns.
        of_rows: out of how many.
    """

    what: str
    first: str
    second: str
    names: tuple[str, ...]
    of: int
    rows: int
    of_rows: int

    @property
    def leaks(self) -> bool:
        """Whether a result under this split means less than it says: speakers and recordings do, sentences may."""
        return bool(self.names) and self.what != "text"


def read(files: Sequence[Path], patterns: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Return what files of a split say of every utterance: `part`, and `speaker`, `text`, `audio` where they tell.

    CSV, TSV and JSON-lines files are read. A file without a column for the part is a part of its own, named by the
    train, valid, dev or test in its name.

    Args:
        files: of the split.
        patterns: for `speaker` or `text` a pattern whose first group names it in the name of a recording, where no
            column does.

    Raises:
        DatasetError: a file cannot be read, or nothing in it says who speaks, what is said, or in which recording.
    """
    rows = [row for path in files for row in _rows_of(path)]
    for what, pattern in (patterns or {}).items():
        _name_by(rows, what, _compiled(pattern))
    return rows


def compare(rows: Iterable[Mapping[str, str]]) -> list[Shared]:
    """Return what every two parts share, of everything that is known; nothing shared is told too."""
    parts: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        parts.setdefault(row["part"], []).append(row)
    order = sorted(parts, key=lambda name: ("train" not in name.lower(), "test" in name.lower(), name))
    out = []
    for first, second in combinations(order, 2):
        for what in ("speaker", "text", "audio"):
            one, other = ({row[what] for row in parts[name] if row.get(what)} for name in (first, second))
            if one and other:
                shared = one & other
                concerned = sum(row.get(what) in shared for row in parts[second])
                out.append(
                    Shared(what, first, second, tuple(sorted(shared)), len(other), concerned, len(parts[second]))
                )
    return out


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        msg = f"{pattern!r} is no regular expression: {error}."
        raise DatasetError(msg) from error
    if not compiled.groups:
        msg = f"{pattern!r} has no group; put parentheses around what names a speaker or a text, as in ^(\\d+)_."
        raise DatasetError(msg)
    return compiled


def _name_by(rows: Iterable[dict[str, str]], what: str, pattern: re.Pattern[str]) -> None:
    for row in rows:
        match = pattern.search(row.get("audio", ""))
        if match is None:
            msg = (
                f"The recording {row.get('audio', '')!r} does not fit {pattern.pattern!r}, which is to name its {what}."
            )
            raise DatasetError(msg)
        row[what] = match[1]


def _rows_of(path: Path) -> list[dict[str, str]]:
    raw = _raw(path)
    if not raw:
        msg = f"{path} holds no rows; expected one an utterance."
        raise DatasetError(msg)
    names = {str(name).strip().lower(): name for row in raw[:100] for name in row}
    chosen = {what: next((names[name] for name in known if name in names), None) for what, known in COLUMNS.items()}
    if not any(chosen[what] for what in ("speaker", "text", "audio")):
        msg = f"{path} has the columns {', '.join(names)}; expected one for the speaker, the text or the file."
        raise DatasetError(msg)
    rows = []
    for row in raw:
        said = {what: _cell(row.get(name)) for what, name in chosen.items() if name is not None}
        if said.get("audio"):
            said["audio"] = said["audio"].replace("\\", "/").rpartition("/")[2].rsplit(".", 1)[0]
        said["part"] = said.get("part") or _part_in(path)
        rows.append({what: value for what, value in said.items() if value})
    return rows


def _part_in(path: Path) -> str:
    return "_".join(part.lower() for part in _PARTS.findall(path.stem)) or path.stem


def _raw(path: Path) -> list[dict[str, Any]]:
    text = text_of(path, "a CSV, TSV or JSON file with a row an utterance")
    rows = _json_rows(path, text) if path.suffix.lower() in (".json", ".jsonl") else rows_in(text, path)
    if len(rows) > _MOST_ROWS:
        msg = f"{path} has {len(rows)} rows; at most {_MOST_ROWS} are read."
        raise DatasetError(msg)
    return rows


def _json_rows(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        if text.lstrip().startswith("["):
            values = json.loads(text)
        elif path.suffix.lower() == ".json":
            values = [{"id": key, **value} for key, value in json.loads(text).items() if isinstance(value, dict)]
        else:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError, AttributeError) as error:
        msg = f"{path} is no JSON of one object an utterance: {error}."
        raise DatasetError(msg) from error
    return [value for value in values if isinstance(value, dict)]


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()
