"""Damages every kind of file that a results folder keeps, and counts what sabench makes of it.

    python benchmarks/damages.py [--damages 3000] [--seed 0] [--seconds 900]

Each damage is done to one file of a small, complete results folder: bits flipped, bytes cut, values of JSON
replaced, moved or nested deeply, names changed, files replaced by others, by folders, by pipes, by a million of
brackets. Then the folder is read as `show`, `leaderboard` and `export` read it. Counted are tracebacks (errors that are
not sabench's own), scores that changed without a word, files that were removed, and readings of more than 30 s.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("run.json", "card.json", "truth.json", "sabench.json", "fit.json", "npz", "history.jsonl", "error.json")
STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\u202e",
    "../../thesis",
    [],
    {},
    [[]],
    {"a": {"b": 1}},
    "a" * 5000,
)
LIMIT_S = 30.0


def main() -> int:
    """Damage, read, count, and print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=900.0, help="end after so long")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, examples = soak(Path(folder), chosen.damages, chosen.seed, chosen.seconds)
    columns = ("tried", "told", "harmless", "traceback", "altered", "removed", "slow")
    print(f"{'kind':16}" + "".join(f"{name:>11}" for name in columns))
    for kind in KINDS:
        print(f"{kind:16}" + "".join(f"{counts[kind][name]:11}" for name in columns))
    for kind, sentence in examples.items():
        print(f"{kind}: {sentence}")
    return int(any(counts[kind][bad] for kind in KINDS for bad in ("traceback", "altered", "removed", "slow")))


def soak(folder: Path, n_damages: int, seed: int, seconds: float) -> tuple[dict[str, Counter[str]], dict[str, str]]:
    """Return counts by kind of file, and one sentence that was told for each."""
    rng = random.Random(seed)
    original = folder / "original"
    make(original, folder)
    sound = read(original)[1]
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    examples: dict[str, str] = {}
    ends = time.monotonic() + seconds
    for number in range(n_damages):
        if time.monotonic() > ends:
            break
        kind = KINDS[number % len(KINDS)]
        place = folder / "damaged"
        shutil.copytree(original, place)
        path = rng.choice(files_of(place, kind))
        damage(path, rng)
        before = names(place)
        started = time.monotonic()
        what, scores, sentence = outcome(place)
        counts[kind]["tried"] += 1
        if time.monotonic() - started > LIMIT_S:
            counts[kind]["slow"] += 1
        if names(place) != before:
            counts[kind]["removed"] += 1
        if what == "traceback":
            print(f"{kind}: {sentence}", file=sys.stderr)
        elif altered(scores, sound):
            what = "altered"
            print(f"{kind}: a score changed: {path}", file=sys.stderr)
        if sentence and what == "told":
            examples.setdefault(kind, sentence)
        counts[kind][what] += 1
        remove(place)
    return counts, examples


def make(place: Path, folder: Path) -> None:
    """Write a results folder with two runs over a small made corpus, of which one fold has failed."""
    os.environ["SABENCH_CACHE"] = str(folder / "cache")
    from sabench import api
    from sabench.testing import make_corpus

    table = make_corpus(folder / "corpus", n_speakers=4, n_per_class=3)
    for adapter in ("svm", "mlp-neutral"):
        api.run(
            adapters=[adapter],
            datasets=["table"],
            roots={"table": table},
            results=place,
            track=False,
            jobs=2,
            settings={} if adapter == "svm" else {"adapter.epochs": 2},
        )
    cell = next(path.parent for path in sorted(place.rglob("fit.json")))
    (cell / "error.json").write_text(json.dumps({"error": "an old failure", "details": ""}))


def files_of(place: Path, kind: str) -> list[Path]:
    """Return the files of one kind."""
    return sorted(place.rglob("*.npz" if kind == "npz" else kind))


def read(place: Path) -> tuple[list[str], dict[str, float]]:
    """Read a folder as commands do: every run with its cells, histories and scores, then the leaderboard."""
    from sabench.errors import SabenchError
    from sabench.leaderboard.build import build
    from sabench.leaderboard.page import html
    from sabench.results.folder import Results

    told: list[str] = []
    results = Results(place)
    board = build([results])
    html(board)
    told += [*board.damaged.values(), *board.skipped]
    scores = {row.runs[0]: row.uar for table in board.tables for row in table.rows if row.complete}
    for run in results.runs():
        try:
            for cell in results.cells(run):
                told += [cell.error] if cell.status == "damaged" else []
                results.history(run, cell.fold)
            results.card(run.protocol_hash)
            results.predictions(run)
        except SabenchError as error:
            told.append(str(error))
    return told, scores


def outcome(place: Path) -> tuple[str, dict[str, float], str]:
    """Return `told`, `harmless` or `traceback`, the scores that are shown, and what was said."""
    from sabench.errors import SabenchError

    try:
        told, scores = read(place)
    except SabenchError as error:
        return "told", {}, str(error)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  (what this program looks for)
        return "traceback", {}, f"{type(error).__name__}: {error}"
    return ("told" if told else "harmless"), scores, told[0] if told else ""


def altered(scores: dict[str, float], sound: dict[str, float]) -> bool:
    """Whether any score that is shown is another one than before."""
    return any(abs(value - sound[name]) > 1e-12 for name, value in scores.items() if name in sound)


def names(place: Path) -> set[str]:
    """Return every path below a folder."""
    return {path.relative_to(place).as_posix() for path in place.rglob("*")}


def remove(place: Path) -> None:
    """Remove a damaged folder."""
    shutil.rmtree(place)


def damage(path: Path, rng: random.Random) -> None:
    """Damage one file in a way drawn at random."""
    ways: list[Callable[[Path, random.Random], None]] = [flip, cut, insert, replace_whole]
    if path.suffix == ".json":
        ways += [change_value] * 5
    if path.suffix == ".npz":
        ways += [change_array] * 3
    rng.choice(ways)(path, rng)


def flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 1, 8))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def cut(path: Path, rng: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))])


def insert(path: Path, rng: random.Random) -> None:
    content = path.read_bytes()
    at = rng.randrange(len(content))
    path.write_bytes(content[:at] + rng.choice((b"\x00", b"}", b'"', b"\xff\xfe", rng.randbytes(9))) + content[at:])


def replace_whole(path: Path, rng: random.Random) -> None:
    way = rng.randrange(6)
    if way == 0:
        path.write_bytes(b"[" * 1_000_000)
    elif way == 1:
        path.write_bytes(b"")
    elif way == 2:
        path.write_bytes(b'{"a": 1, ' + b'"b": 2, ' * 200_000 + b'"c": 3}')
    elif way == 3:
        path.write_bytes(rng.randbytes(300))
    else:
        path.unlink()
        path.mkdir() if way == 4 else os.mkfifo(path)


def change_value(path: Path, rng: random.Random) -> None:
    """Change one value of a JSON file and keep it JSON, as an editor or a stranger would; its seal is taken off."""
    value = json.loads(path.read_text())
    value.pop("sha256", None) if rng.random() < 0.5 else None
    parent, key = rng.choice(places(value))
    way = rng.randrange(4)
    if way == 0 and isinstance(parent, dict):
        parent[rng.choice(("extra", "", "../x"))] = parent.pop(key)
    elif way == 1:
        del parent[key]
    elif way == 2:
        deep: Any = 1
        for _ in range(rng.choice((30, 900))):
            deep = [deep]
        parent[key] = deep
    else:
        parent[key] = rng.choice(STRANGE)
    path.write_text(json.dumps(value))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    out = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], (dict, list)):
            out += places(value[key])
    return out


def change_array(path: Path, rng: random.Random) -> None:
    """Write an evaluation anew with other probabilities and the old record, so that every checksum of the zip fits."""
    with np.load(path) as content:
        probabilities, record = content["probabilities"].copy(), content["record"].copy()
    way = rng.randrange(5)
    if way == 0:
        probabilities = probabilities[:, :1]
    elif way == 1:
        probabilities[rng.randrange(len(probabilities))] = np.nan
    elif way == 2:
        probabilities = probabilities[:, ::-1].copy()
    elif way == 3:
        probabilities = probabilities[::-1].copy()
    else:
        probabilities = probabilities.astype("U8")
    np.savez(path, probabilities=probabilities, record=record)


if __name__ == "__main__":
    sys.exit(main())
