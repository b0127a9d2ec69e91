"""Feeds sabench with broken audio files, broken tables and wrong commands, and counts what comes of it.

    python benchmarks/fuzzed_inputs.py [--audio 500] [--tables 900] [--commands 150] [--seed 0]

Audio: WAV, FLAC, AIFF, OGG and MP3 files with bits flipped, cut, headers that lie, or other bytes altogether, decoded
as a corpus is. Tables: CSV, TSV and parquet with cells, columns, separators and encodings changed, read and checked as
a corpus is. Commands: names, values, options and files that are not there, run as a user does. Each is accepted, or
refused with one of sabench's own errors; anything else is a traceback. Half a minute or a GiB for one is too much.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

COLUMNS = ("tried", "accepted", "refused", "traceback", "slow")
LIMIT_S = 30.0
CELLS = (
    *("", "NA", "nan", "None", "-1", "1e999", "0,5", "00:00:05", "5 s", "=1+1", "\u202e", "Ä", "a\u0308"),
    *("../../etc/passwd", "a" * 3000, "neutral ", "True", "\x00", '"'),
)
WORDS = (
    *("", "svm", "svn", "emodb", "emodb:9class", "nowhere", "-1", "0", "1e400", "nan", "none", "[[", "{}", "first"),
    *("nth", "nth:x", "random:99999999999999999999", "neutral=-1", "neutral=1,neutral=2", "loso", "speaker-kfold:0"),
    *("speaker-kfold:1e9", "/dev/null", "/", "/proc/self/mem", "\u202e", "a=b", "svm.C=", "svm.C=-1", "adapter.C=1"),
    *("x.y=1", "cuda", "sqlite:", "http://"),
)
OPTIONS = (
    *("--adapter", "--dataset", "--root", "--task", "--set", "--seed", "--draw", "--pool", "--protocol", "--preset"),
    *("--features", "--normaliser", "--threads", "--jobs", "--device", "--plan", "--results"),
)
COMMANDS = (
    *("run", "run", "run", "show", "compare", "leaderboard", "curve", "verify", "predict", "export", "runs"),
    *("dataset", "protocol", "plugin", "track", "paper"),
)


def main() -> int:
    """Feed all three, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("audio", 500), ("tables", 900), ("commands", 150)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    examples: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, feed in (("audio", feed_audio), ("tables", feed_table), ("commands", feed_command)):
            counts[name], examples[name] = soak(Path(folder), name, feed, getattr(chosen, name), chosen.seed)
    print(f"{'input':12}" + "".join(f"{name:>11}" for name in COLUMNS))
    for kind, of in counts.items():
        print(f"{kind:12}" + "".join(f"{of[name]:11}" for name in COLUMNS))
    for kind, sentence in examples.items():
        print(f"{kind}: {sentence}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"memory {peak / 1024:.0f} MiB at most")
    return int(any(of["traceback"] or of["slow"] for of in counts.values()))


def soak(
    folder: Path, name: str, feed: Callable[[Path, random.Random], str], n: int, seed: int
) -> tuple[Counter[str], str]:
    """Return counts of one kind of input, and a sentence that was told."""
    from sabench.errors import SabenchError

    counts: Counter[str] = Counter()
    example = ""
    for number in range(n):
        rng = random.Random(f"{seed} {name} {number}")
        place = folder / f"{name}-{number}"
        place.mkdir()
        started = time.monotonic()
        counts["tried"] += 1
        try:
            sentence = feed(place, rng)
            counts["refused" if sentence else "accepted"] += 1
            example = example or sentence
        except SabenchError as error:
            counts["refused"] += 1
            example = example or str(error)
        except Exception as error:  # noqa: BLE001  (what this program looks for)
            counts["traceback"] += 1
            print(f"{name} {number}: {type(error).__name__}: {error}", file=sys.stderr)
        if time.monotonic() - started > LIMIT_S:
            counts["slow"] += 1
            print(f"{name} {number}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return counts, example[:300]


def feed_audio(place: Path, rng: random.Random) -> str:
    """Decode one broken recording; return what is told of it."""
    from sabench import load_signal

    ending, subtype = rng.choice((("wav", "PCM_16"), ("wav", "FLOAT"), ("flac", "PCM_16"), ("aiff", "PCM_16"),
                                  ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")))  # fmt: skip
    path = place / f"one.{ending}"
    path.write_bytes(changed_bytes(sound(ending, subtype), rng))
    signal, _ = load_signal(path)
    return "" if np.isfinite(signal).all() else "not finite"


def sound(ending: str, subtype: str, pitch: int = 9) -> bytes:
    """Return the bytes of half a second of a tone."""
    import soundfile

    stream = io.BytesIO()
    signal = 0.3 * np.sin(np.arange(8000) / pitch)
    soundfile.write(stream, signal, 16_000, format=ending.upper(), subtype=subtype)
    return stream.getvalue()


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    """Return a file with its head or body changed."""
    changed, way = bytearray(content), rng.randrange(6)
    if way == 0:
        return bytes(changed[: rng.randrange(len(changed))])
    if way == 1:
        return rng.randbytes(rng.randrange(2000))
    if way == 2:
        return bytes(changed) + rng.randbytes(rng.randrange(5000))
    reach = 60 if way < 5 else len(changed)  # most lies stand in a header
    for _ in range(rng.choice((1, 2, 8))):
        at = rng.randrange(min(reach, len(changed)))
        changed[at] = rng.choice((0, 0xFF, 0x7F, changed[at] ^ (1 << rng.randrange(8))))
    return bytes(changed)


def feed_table(place: Path, rng: random.Random) -> str:
    """Read one broken table as a corpus and check it; return what is told of it."""
    from sabench.corpora import loading
    from sabench.registry.registry import Registry

    for number in range(6):
        (place / f"{number}.wav").write_bytes(sound("wav", "PCM_16", number + 5))
    head = ["file", "speaker", "label", "start", "end", "gender", "neutral"]
    rows = [[f"{n}.wav", f"s{n % 3}", ("happy", "neutral")[n % 2], "0", "0.4", ("f", "m")[n % 2], ""] for n in range(6)]
    for _ in range(rng.choice((1, 1, 3))):
        way = rng.randrange(5)
        if way < 3:
            row = rng.choice([row for row in rows if row])
            row[rng.randrange(len(row))] = rng.choice(CELLS)
        elif way == 3:
            head[rng.randrange(7)] = rng.choice(("", "label", "x", "File", "speaker "))
        else:
            rows[rng.randrange(6)] = rows[0][: rng.randrange(8)]
    path = place / rng.choice(("table.csv", "table.tsv", "table.parquet"))
    path.write_bytes(table_bytes(path, head, rows, rng))
    dataset = Registry().create("datasets", "table")
    corpus = loading.load(dataset, path, dataset.tasks[0], jobs=1)
    loading.refuse_faulty(corpus)
    return "; ".join(map(str, corpus.faults))


def table_bytes(path: Path, head: list[str], rows: list[list[str]], rng: random.Random) -> bytes:
    """Return a table as a file of its kind, sometimes in a strange encoding or separator."""
    if path.suffix == ".parquet":
        import pandas as pd

        width = min(map(len, rows)) or 1
        names = [f"{name}{n}" if head.index(name) != n else name or "x" for n, name in enumerate(head[:width])]
        stream = io.BytesIO()
        pd.DataFrame([(row + [""] * 7)[:width] for row in rows], columns=names).to_parquet(stream)
        content = stream.getvalue()
        return changed_bytes(content, rng) if rng.random() < 0.3 else content
    text = io.StringIO(newline="")
    separator = rng.choice((",", ",", ";", "\t")) if path.suffix == ".csv" else "\t"
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([head, *rows])
    content = text.getvalue().encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")), "replace")
    return changed_bytes(content, rng) if rng.random() < 0.2 else content


def feed_command(place: Path, rng: random.Random) -> str:
    """Run one wrong command; return what it says.

    Raises:
        RuntimeError: it ended in a traceback.
    """
    command = rng.choice(COMMANDS)
    words = [command, *(rng.choice(WORDS) for _ in range(rng.randrange(3)))]
    if command == "run":
        words = [
            "run",
            "--dry-run",
            "--adapter",
            rng.choice(("svm", "svn")),
            "--dataset",
            rng.choice(("emodb", "table", "x")),
        ]
        for _ in range(rng.randrange(1, 3)):
            words += [rng.choice(OPTIONS), rng.choice(WORDS)]
    done = subprocess.run(
        [sys.executable, "-m", "sabench", *words],
        capture_output=True, text=True, cwd=place, timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if "Traceback" in done.stderr or done.returncode < 0:
        msg = f"{' '.join(words)!r} gave {done.returncode}: {done.stderr[-300:]}"
        raise RuntimeError(msg)
    return (done.stderr.strip() or "no word").splitlines()[-1] if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
