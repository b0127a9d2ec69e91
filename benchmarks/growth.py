"""How do time and memory of each command grow with files, and with folds?

    python benchmarks/growth.py [--files 1000 10000 50000] [--folds 50 150 500] [--before TREE] [--keep FOLDER]

Makes corpora of very short utterances in one recording and a table, and runs the commands over them with a method and
features that cost next to nothing (see `free_method`), so that what is measured is the harness:

- files: 20 utterances a speaker (`--per-speaker`) under `speaker-kfold:5`, for each number of files;
- folds: 10,000 files of so many speakers under `loso`, for each number of speakers.

Prints seconds by the clock and of the processor, peak memory (of the largest process of a command) and the exponents
of processor time and memory between the two largest sizes, once what the command takes for a corpus of 60 files is
taken away; an exponent is left out where less than a second is left of the smaller size. Processor time is that of all
processes of a command; other work disturbs it less. Wanted: none above 1.1 in files, and `run` not above 1.1 in folds.
With `--before`, every command is also run from another source tree of sabench, by turns, and the ratio of both stands
beside it. For `run` under `loso` stands also what scikit-learn alone takes for the same fits and predictions.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

FREE_METHOD = Path(__file__).with_name("free_method")
CLASSES = ("neutral", "angry", "happy", "sad")
SAMPLING_RATE = 16_000
SAMPLES = 352
"""Of one utterance: 22 ms, four a slice."""
PER_SPEAKER = 20
FOLD_FILES = 10_000
SMALLEST = 60
MEGABYTE = 1e6
COUNTED_S = 1.0


@dataclass(frozen=True)
class Spent:
    """What one command took."""

    seconds: float
    processor_s: float
    peak_bytes: int


@dataclass(frozen=True)
class Size:
    """A corpus of so many files and speakers under a protocol."""

    files: int
    speakers: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.files} files, {self.speakers} speakers, {self.protocol}"


def instruction_set() -> str:
    """Return the widest vector instructions of this processor."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown instruction set"
    return next((name for name in ("avx512f", "avx2", "sse4_2") if name in flags), "no vector instructions known")


def usual_environment() -> dict[str, str]:
    """Return this environment as users have it, where Python compiles a module once and not at each start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def make_corpus(folder: Path, size: Size) -> Path:
    """Write one recording and the table of its utterances; returns the table."""
    import numpy as np
    import pandas as pd
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(size.files)
    speaker, label = np.arange(size.files) % size.speakers, np.arange(size.files) // size.speakers % len(CLASSES)
    signal = rng.normal(0, 0.05, (size.files, SAMPLES)).astype(np.float32)
    signal += rng.normal(0, 0.01, (size.speakers, SAMPLES))[speaker] + rng.normal(0, 0.01, (4, SAMPLES))[label]
    order = np.argsort(speaker, kind="stable")
    soundfile.write(folder / "all.wav", signal[order].ravel(), SAMPLING_RATE)
    start_s = np.arange(size.files) * SAMPLES / SAMPLING_RATE
    columns = {
        "file": "all.wav",
        "id": [f"utterance-{number:06d}" for number in range(size.files)],
        "speaker": [f"speaker-{number:04d}" for number in speaker[order]],
        "label": [CLASSES[number] for number in label[order]],
        "start": start_s,
        "end": start_s + SAMPLES / SAMPLING_RATE,
    }
    pd.DataFrame(columns).to_parquet(folder / "table.parquet", index=False)
    return folder / "table.parquet"


def aside(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function gives in a process of its own, as the memory of this one would count as a command's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(work, *arguments).result()


def spend(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Spent:
    """Return what a command took; the peak is that of its largest process."""
    started = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Spent(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


class Version:
    """One source tree of sabench with its cache and results."""

    def __init__(self, name: str, tree: Path | None, folder: Path) -> None:
        self.name, self._folder = name, folder / name
        self._folder.mkdir(parents=True)
        path = [FREE_METHOD, *([tree, tree / "plugins"] if tree else [])]
        own = {"SABENCH_CACHE": str(self._folder / "cache"), "PYTHONPATH": os.pathsep.join(map(str, path))}
        self._environment = {**usual_environment(), **own, "SABENCH_CONFIG": str(self._folder / "config")}

    def steps(self, table: Path, size: Size) -> Iterator[tuple[str, Spent]]:
        """Carry out one command after the other."""
        place = self._folder / table.parent.name
        corpus = ["--dataset", "table", "--root", str(table), "--protocol", size.protocol]
        results = ["--results", str(place / "results")]
        run = ["run", "--adapter", "free", *corpus, *results, "--no-track"]
        yield "decode", self._spend("dataset", "check", "table", "--root", str(table))
        yield "protocol show", self._spend("protocol", "show", *corpus)
        yield "run, features new", self._spend(*run)
        shutil.rmtree(place)
        yield "run", self._spend(*run)
        yield "run, all done", self._spend(*run)
        name = next((place / "results" / "runs").iterdir()).name
        bundle = str(place / "bundle.zip")
        yield "show", self._spend("show", name, *results)
        yield "export", self._spend("export", name, *results, "--output", bundle)
        yield "verify", self._spend("verify", bundle, "--root", str(table))

    def _spend(self, *arguments: str) -> Spent:
        return spend([sys.executable, "-m", "sabench", *arguments], self._environment, self._folder / "log.txt")


def floor(table: Path) -> float:
    """Return the seconds of scikit-learn's own loop over the same fits, its features in memory."""
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.neighbors import NearestCentroid

    rows = pd.read_parquet(table)
    X = np.random.default_rng(0).normal(size=(len(rows), 88)).astype(np.float32)
    started = time.perf_counter()
    cross_val_predict(NearestCentroid(), X, rows["label"], groups=rows["speaker"], cv=LeaveOneGroupOut())
    return time.perf_counter() - started


def measure(size: Size, versions: Sequence[Version], folder: Path) -> dict[str, list[Spent]]:
    """Print and return what every step of every version took, by turns."""
    table = aside(make_corpus, folder / str(size).replace(", ", "-").replace(" ", "").replace(":", ""), size)
    print(f"\n{size}", flush=True)
    spent: dict[str, list[Spent]] = {}
    for steps in zip(*(version.steps(table, size) for version in versions), strict=True):
        name = steps[0][0]
        spent[name] = [step for _, step in steps]
        columns = " | ".join(
            f"{each.seconds:8.2f} s, processor {each.processor_s:8.2f} s {each.peak_bytes / MEGABYTE:6.0f} MB"
            for each in spent[name]
        )
        print(f"  {name:18} {columns}{_ratio(spent[name])}", flush=True)
    if size.protocol == "loso":
        print(f"  scikit-learn alone {aside(floor, table):8.2f} s", flush=True)
    return spent


def _ratio(spent: Sequence[Spent]) -> str:
    if len(spent) < 2:
        return ""
    now, before = spent
    time_ratio, memory_ratio = now.processor_s / before.processor_s, now.peak_bytes / before.peak_bytes
    return f" | {time_ratio:5.2f} of the processor, {memory_ratio:5.2f} of the memory"


def exponents(what: str, sizes: Sequence[float], base: Mapping[str, list[Spent]], steps: Sequence[dict]) -> None:
    """Print the exponent of every step between the two largest sizes."""
    if len(sizes) < 2:
        return
    print(f"\nexponents of growth with {what}, {sizes[-2]} to {sizes[-1]}: processor, memory")
    for name in steps[-1]:
        columns = []
        for number in range(len(base[name])):
            seconds = [each[name][number].processor_s - base[name][number].processor_s for each in steps[-2:]]
            memory = [each[name][number].peak_bytes - base[name][number].peak_bytes for each in steps[-2:]]
            columns.append(f"{_exponent(sizes, seconds, COUNTED_S)}, {_exponent(sizes, memory, 10 * MEGABYTE)}")
        print(f"  {name:18} {' | '.join(columns)}", flush=True)


def _exponent(sizes: Sequence[float], spent: Sequence[float], least: float) -> str:
    if min(spent) < least:
        return " -  "
    return f"{math.log(spent[-1] / spent[-2]) / math.log(sizes[-1] / sizes[-2]):4.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="*", default=[1000, 10_000, 50_000])
    parser.add_argument("--folds", type=int, nargs="*", default=[50, 150, 500])
    parser.add_argument("--per-speaker", type=int, default=PER_SPEAKER, help="utterances of each, for --files")
    parser.add_argument("--fold-files", type=int, default=FOLD_FILES)
    parser.add_argument("--before", type=Path, help="another source tree of sabench, such as a git worktree")
    parser.add_argument("--keep", type=Path, help="work there and leave everything behind")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {instruction_set()}; columns: this version{' | before' * bool(options.before)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).absolute()
        trees = {"now": None, **({"before": options.before.absolute()} if options.before else {})}
        versions = [Version(name, tree, folder) for name, tree in trees.items()]
        base = measure(Size(SMALLEST, 6, "loso"), versions, folder)
        by_files = [Size(n, n // options.per_speaker, "speaker-kfold:5") for n in options.files]
        exponents("files", options.files, base, [measure(size, versions, folder) for size in by_files])
        by_folds = [Size(options.fold_files, n, "loso") for n in options.folds]
        exponents("folds", options.folds, base, [measure(size, versions, folder) for size in by_folds])
    return 0


if __name__ == "__main__":
    sys.exit(main())
