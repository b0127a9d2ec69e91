"""Recordings found by the name that a table gives them, however a file system spells it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

from sabench_plugins.datasets._words import shown


class AudioPlaces:
    """Looks up files below a folder; listings of folders are read once.

    Args:
        folder: that names are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listings: dict[str, list[str]] = {}

    def audio(self, name: str) -> Path:
        """Return the file of a name, also where it was written on Windows or in the other Unicode form.

        Raises:
            ValueError: it is not there; one that differs in capitals alone is named.
        """
        given = (name, name.replace("\\", "/"))
        for text in given:
            if _exists(self._folder / text):
                return self._folder / text
        for text in given:
            if (path := self._spelt(text, _one_form)) is not None:
                return path
        alike = self._spelt(given[1], lambda text: _one_form(text).casefold())
        hint = f"; {shown(alike.name)} is, which differs in capitals" if alike else ""
        msg = f"the audio {shown(name)} is not there{hint}; paths are relative to the folder of the table."
        raise ValueError(msg)

    def _spelt(self, name: str, key: Callable[[str], str]) -> Path | None:
        """Return the only file whose path has the same key, part by part."""
        place = self._folder
        for part in Path(name).parts:
            if part in ("/", "..") or _exists(place / part):
                place = place / part
                continue
            alike = [entry for entry in self._entries(place) if key(entry) == key(part)]
            if len(alike) != 1:
                return None
            place = place / alike[0]
        return place

    def _entries(self, folder: Path) -> list[str]:
        if str(folder) not in self._listings:
            self._listings[str(folder)] = sorted(os.listdir(folder)) if folder.is_dir() else []
        return self._listings[str(folder)]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def _one_form(text: str) -> str:
    return unicodedata.normalize("NFC", text)
