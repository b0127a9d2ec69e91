"""Names that look alike: one person, class or session under several spellings. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from sabench.interfaces.records import Corpus, Fault

if TYPE_CHECKING:
    import pandas as pd

_LATIN: Final = str.maketrans("авекмнорстухіѕјһԁԛԝαοερν", "abekmhopctyxisjhdqwaoepv")
"""Cyrillic and Greek letters that look like Latin ones."""
_SEPARATORS: Final = re.compile(r"[\s_\-]+")
_NEEDLESS_SEPARATOR: Final = re.compile(r"(?<!\d)_|_(?!\d)")
_LEADING_ZEROS: Final = re.compile(r"(?<![\d.])0+(?=\d)")
_ZERO_FRACTION: Final = re.compile(r"(?<=\d)\.0+$")
_SHOWN: Final = 4
_LETTERS: Final = 60
_PLACEHOLDERS: Final = (
    "unknown",
    "unk",
    "other",
    "others",
    "all",
    "various",
    "several",
    "misc",
    "anonymous",
    "n/a",
    "na",
)


def key(name: str) -> str:
    r"""Return what names that look alike have in common.

    Capitals, Unicode form, spaces, hyphens and underscores, invisible characters, leading zeros and a fraction of
    zero do not tell names apart, nor do Cyrillic and Greek letters that look like Latin ones.

    >>> key("Jo\u0308rg 03") == key("jörg_3"), key("3.0") == key("03"), key("1_1") == key("11")
    (True, True, False)
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")
    text = _SEPARATORS.sub("_", text.strip().casefold().translate(_LATIN))
    text = _NEEDLESS_SEPARATOR.sub("", text)
    return _LEADING_ZEROS.sub("", _ZERO_FRACTION.sub("", text))


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return groups of different names that look alike, sorted.

    >>> alike(["Anna", "anna", "Ben", "Anna"])
    [('Anna', 'anna')]
    """
    groups: dict[str, set[str]] = {}
    for name in names:
        groups.setdefault(key(name), set()).add(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def sentences_on_names(corpus: Corpus) -> Iterator[str]:
    """Yield what a reader of results must know of a corpus's names; it belongs on the protocol card, too."""
    table = corpus.table
    for column, plural, means in (
        ("speaker", "Speakers", "one person under two names stands on both sides of a fold"),
        ("label", "Labels", "one class under two names is two classes"),
        ("session", "Sessions", "one session under two names is two sessions"),
    ):
        given = [*table[column].dropna().astype(str), *(corpus.classes if column == "label" else ())]
        groups = alike(given)
        for group in groups[:_SHOWN]:
            yield f"{plural} {_listed(group)} look alike; {means}. Write each in one way."
        if len(groups) > _SHOWN:
            yield f"{len(groups) - _SHOWN} more groups of {plural.lower()} look alike."


def faults_of_names(corpus: Corpus) -> Iterator[Fault]:
    """Yield names that look alike, speakers who stand for nobody, and speakers with two genders or sessions."""
    for sentence in sentences_on_names(corpus):
        yield Fault(sentence, fatal=False)
    for name in sorted(set(corpus.table["speaker"].dropna().astype(str))):
        if name.strip().casefold() in _PLACEHOLDERS:
            who = f"Speaker {name!r} may stand for several people, who would be on one side together by chance."
            yield Fault(who, fatal=False)
    yield from _several_values(corpus.table)


def _several_values(table: pd.DataFrame) -> Iterator[Fault]:
    for column in ("gender", "session"):
        known = table.dropna(subset=["speaker", column])
        counts = known.groupby("speaker")[column].nunique()
        several = sorted(counts[counts > 1].index)
        if several:
            values = sorted(set(known.loc[known["speaker"] == several[0], column].astype(str)))
            more = f", and {len(several) - 1} more speakers have several" if len(several) > 1 else ""
            yield Fault(f"Speaker {_short(several[0])} has the {column}s {_listed(values)}{more}.", fatal=False)


def _listed(names: Iterable[str]) -> str:
    texts = [_short(name) for name in names]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def _short(name: str) -> str:
    """Return a name in quotes; what the eye cannot see is written as its number."""
    text = name if len(name) <= _LETTERS else name[:_LETTERS] + "..."
    return repr(text) if unicodedata.is_normalized("NFC", text) else ascii(text)
