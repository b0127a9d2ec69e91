"""What a file `sabench.toml` says of a database in audformat."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sabench import DatasetError

SETTINGS = "sabench.toml"


@dataclass(frozen=True)
class Settings:
    """Which database, and which of its schemes and tables.

    Attributes:
        name: of a published database; None for the one in the folder.
        version: of it.
        emotion: scheme, column or field of a scheme's labels with the classes.
        speaker: likewise with the speakers.
        tables: the only ones to take emotions from.
        neutral: labels that may serve as neutral enrolment; None for those called neutral.
    """

    name: str | None = None
    version: str | None = None
    emotion: str = "emotion"
    speaker: str = "speaker"
    tables: tuple[str, ...] | None = None
    neutral: tuple[str, ...] | None = None

    @classmethod
    def read(cls, root: Path) -> Settings:
        """Return what the file in a folder says, or the defaults where there is none.

        Raises:
            DatasetError: it is not TOML, has unknown keys, or a value is of another type.
        """
        path = root / SETTINGS
        if not path.is_file():
            return cls()
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{path} cannot be read as TOML: {error}."
            raise DatasetError(msg) from error
        known = [field.name for field in fields(cls)]
        unknown = [key for key in given if key not in known]
        if unknown:
            msg = f"{path} has the unknown key {', '.join(map(repr, unknown))}; known are {', '.join(known)}."
            raise DatasetError(msg)
        settings = cls(**{key: _value(path, key, value) for key, value in given.items()})
        if (settings.name is None) != (settings.version is None):
            msg = f"{path} names a database without its version, or a version alone; results need both."
            raise DatasetError(msg)
        return settings


def _value(path: Path, key: str, value: object) -> Any:
    if key in ("tables", "neutral"):
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return tuple(value)
        expected = "a list of texts"
    else:
        if isinstance(value, str) and value:
            return value
        expected = "a text"
    msg = f"{path}: {key} is {value!r}; expected {expected}."
    raise DatasetError(msg)
