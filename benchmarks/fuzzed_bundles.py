"""Changes a bundle in thousands of ways and verifies each: none may end in a traceback, or score otherwise and pass.

    python benchmarks/fuzzed_bundles.py [--bundles 5000] [--seed 0]

Half of the changes are those of chance (bits, cuts, bytes inserted anywhere in the file). The other half are a
forger's: a value of a member is changed and the manifest is made to fit. Prints how many were refused, how many
verified though they were changed (only what scores, keys and predictions do not depend on may), the slowest, and the
peak of memory.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import damages

STRANGE = (*damages.STRANGE, 0.5, 1.0, "s0", "first", ["s0"], 10**400)


def main() -> int:
    """Change, verify, count, and print a line a kind of change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=900.0, help="end after so long")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, examples, slowest = soak(Path(folder), chosen.bundles, chosen.seed, chosen.seconds)
    columns = ("tried", "refused", "verified", "traceback", "altered")
    print(f"{'change':14}" + "".join(f"{name:>11}" for name in columns))
    for kind in counts:
        print(f"{kind:14}" + "".join(f"{counts[kind][name]:11}" for name in columns))
    for kind, sentence in examples.items():
        print(f"{kind}: {sentence}")
    print(f"slowest {slowest:.1f} s, memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    return int(any(counts[kind][bad] for kind in counts for bad in ("traceback", "altered")))


def soak(folder: Path, n: int, seed: int, seconds: float) -> tuple[dict[str, Counter[str]], dict[str, str], float]:
    """Return counts by kind of change, a sentence that was told for each, and the longest verification in seconds."""
    from sabench.bundle import archive, exporting, verifying
    from sabench.errors import SabenchError
    from sabench.results.folder import Results

    rng = random.Random(seed)
    damages.make(folder / "results", folder)
    results = Results(folder / "results")
    sound = folder / "sound.zip"
    exporting.export(results, results.runs()[0], sound, labels_shareable=True)
    content = sound.read_bytes()
    members = archive.unpack(content)
    scores = verifying.verify(sound).scores["first"]
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ("chance", *sorted(members))}
    examples: dict[str, str] = {}
    slowest, ends = 0.0, time.monotonic() + seconds
    for number in range(n):
        if time.monotonic() > ends:
            break
        path = folder / "changed.zip"
        kind = "chance" if number % 2 else rng.choice(sorted(members))
        path.write_bytes(by_chance(content, rng) if number % 2 else archive.pack(forged(members, kind, rng)))
        started = time.monotonic()
        counts[kind]["tried"] += 1
        try:
            done = verifying.verify(path)
        except SabenchError as error:
            counts[kind]["refused"] += 1
            examples.setdefault(kind, str(error)[:300])
        except Exception as error:  # noqa: BLE001  (what this program looks for)
            counts[kind]["traceback"] += 1
            print(f"{kind}: {type(error).__name__}: {error}", file=sys.stderr)
        else:
            same = done.scores["first"].uar_mean == scores.uar_mean
            counts[kind]["verified" if same else "altered"] += 1
        slowest = max(slowest, time.monotonic() - started)
    return counts, examples, slowest


def by_chance(content: bytes, rng: random.Random) -> bytes:
    """Return the file with bits flipped, cut, or with bytes inserted."""
    changed, at = bytearray(content), rng.randrange(len(content))
    way = rng.randrange(3)
    if way == 0:
        for _ in range(rng.choice((1, 1, 4))):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    return content[:at] if way == 1 else content[:at] + rng.randbytes(rng.choice((1, 4, 100))) + content[at:]


def forged(members: dict[str, bytes], name: str, rng: random.Random) -> dict[str, bytes]:
    """Return members of which one has another value."""
    content = members[name]
    if name.endswith(".json"):
        value = json.loads(content)
        parent, key = rng.choice(damages.places(value))
        way = rng.randrange(4)
        if way == 0:
            del parent[key]
        elif way == 1 and isinstance(parent, dict):
            parent["extra"] = parent[key]
        elif way == 2:
            parent[key] = deep(rng.choice((30, 900)))
        else:
            parent[key] = rng.choice(STRANGE)
        return {**members, name: json.dumps(value).encode()}
    lines = content.decode().splitlines()
    line = rng.randrange(len(lines))
    cells = lines[line].split(",")
    cell = rng.randrange(len(cells))
    cells[cell] = rng.choice(("", "nan", "-1", "1e999", "0.5", "x", '"', cells[rng.randrange(len(cells))]))
    lines[line] = ",".join(cells)
    return {**members, name: ("\n".join(lines) + "\n").encode()}


def deep(levels: int) -> Any:
    """Return a list in a list in a list."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


if __name__ == "__main__":
    sys.exit(main())
