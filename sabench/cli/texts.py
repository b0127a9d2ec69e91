"""Text that may go to a terminal."""

from __future__ import annotations

from typing import Final

_CONTROLS: Final = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def visible(text: str) -> str:
    r"""Return text without characters that command a terminal: names may come from anybody's files.

    >>> visible("one\x1b[31m\ntwo")
    'one[31m\ntwo'
    """
    return text.translate(_CONTROLS)
