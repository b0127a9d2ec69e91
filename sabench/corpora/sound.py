"""What is odd about the sound of a corpus. Pure: measurements in, faults out; one fault a kind, however many files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from sabench.interfaces.records import Corpus, Fault
from sabench.interfaces.segments import Overlap, overlaps

if TYPE_CHECKING:
    import pandas as pd

_INTEGERS: Final = 16.0
"""[guess] Peaks beyond are no overshoot of a filter or codec: integers were stored as floating point numbers."""
_CANCELLED: Final = 0.1
"""[guess] The mean of channels is so much (20 dB) below them: they are in antiphase."""


def faults_of_sound(corpus: Corpus, measured: pd.DataFrame, relative: Callable[[str], str]) -> Iterator[Fault]:
    """Yield what is odd about headers, levels, channels, sampling rates and segments.

    Args:
        corpus: with digests and durations.
        measured: a `Measurement` of every row.
        relative: a path as faults show it.
    """
    known = measured[measured["digest"].notna()].assign(
        path=corpus.table["path"].to_numpy()[measured["digest"].notna()]
    )
    yield from _remarks(known, relative)
    yield from _beyond_full_scale(known, relative)
    cancelled = known[known["mono_share"] < _CANCELLED]
    yield from _told(cancelled, "in antiphase: their channels cancel each other in the mono mix of features", relative)
    yield from _told(known[known["peak"] == 0], "silent: all samples are zero", relative)
    yield from _mixed(known, "sampling_rate", "Sampling rates", " Hz", relative)
    yield from _mixed(known, "channels", "Numbers of channels", "", relative)
    yield from _overlapping(corpus, relative)


def _remarks(known: pd.DataFrame, relative: Callable[[str], str]) -> Iterator[Fault]:
    odd = known[known["remark"].fillna("") != ""].drop_duplicates("path")
    if len(odd):
        more = f" {len(odd) - 1} more files have such headers." if len(odd) > 1 else ""
        yield Fault(odd["remark"].iloc[0] + more, relative(odd["path"].iloc[0]), fatal=False)


def _beyond_full_scale(known: pd.DataFrame, relative: Callable[[str], str]) -> Iterator[Fault]:
    loud = known[known["peak"] > 1].sort_values("peak", ascending=False, kind="stable")
    if loud.empty:
        return
    peak = loud["peak"].iloc[0]
    means = (
        "integers were stored as floating point numbers; divide them by 32768 (of 16 bits)"
        if peak > _INTEGERS
        else "some features clip them"
    )
    sentence = f"beyond [-1, 1], up to {peak:.6g}: {means}"
    yield from _told(loud, sentence, relative, verb="has samples", plural="have samples")


def _told(
    rows: pd.DataFrame, what: str, relative: Callable[[str], str], *, verb: str = "is", plural: str = "are"
) -> Iterator[Fault]:
    if len(rows):
        count = f"This recording {verb}" if len(rows) == 1 else f"{len(rows)} recordings {plural}"
        yield Fault(f"{count} {what}.", relative(rows["path"].iloc[0]), fatal=False)


def _mixed(known: pd.DataFrame, column: str, what: str, unit: str, relative: Callable[[str], str]) -> Iterator[Fault]:
    counts = known[column].value_counts()
    if len(counts) > 1:
        rarest = known.loc[known[column] == counts.index[-1], "path"].iloc[0]
        shares = ", ".join(f"{value}{unit} ({count})" for value, count in list(counts.items())[:6])
        yield Fault(
            f"{what} differ: {shares}. A model may tell speakers or classes by the recording.",
            relative(rarest),
            fatal=False,
        )


def _overlapping(corpus: Corpus, relative: Callable[[str], str]) -> Iterator[Fault]:
    """Yield one fault a file; overlaps between two speakers or two labels forbid a run."""
    values = {
        column: dict(zip(corpus.table["id"], corpus.table[column].astype(str), strict=True))
        for column in ("speaker", "label")
    }
    of_file: dict[tuple[str, str], list[Overlap]] = {}
    for overlap in overlaps(corpus.table):
        differing = [name for name, of in values.items() if of[overlap.first] != of[overlap.second]]
        of_file.setdefault((overlap.path, " and ".join(f"two {name}s" for name in differing)), []).append(overlap)
    for (path, several), pairs in of_file.items():
        first = pairs[0]
        more = f", and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
        under = f" under {several}; correct the segments or leave one out" if several else ""
        sentence = f"Segments overlap{under}: {first.first!r} and {first.second!r} by {first.seconds:.3f} s{more}."
        yield Fault(sentence, relative(path), fatal=bool(several))
