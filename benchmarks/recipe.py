"""Which recipe of a network has the best validation UAR for its time? On speakers that no table of the docs reports.

    python benchmarks/recipe.py --urdu URDU-Dataset --emodb EMODB [--recipe before --recipe small] [--adapter resnet]
        [--seeds 2] [--scratch FOLDER]

Trains every recipe on the same folds of two corpora that no table of networks uses: URDU (S. Latif et al. 2018,
https://github.com/siddiquelatif/URDU-Dataset; four classes, no table at all) and EmoDB. Prints for each recipe the
validation UAR of the epoch that training keeps, the UAR of the scored speakers (also none that a table reports), the
seconds of a fold on one thread, and their ratio to those of the first recipe. `--recipe NAME:KEY=VALUE,KEY=VALUE` tries
one that is not listed here; keys are parameters of the adapter, or `features` and `features.PARAMETER`.
With a scratch folder what has been trained is not trained again.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from growth import instruction_set

from sabench import api
from sabench.results.folder import Results

Settings = Mapping[str, Any]

BEFORE = {
    "width": 0.125,
    "batch_size": 16,
    "epochs": 24,
    "optimiser": "sgd",
    "learning_rate": 0.01,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "schedule": "onecycle",
    "reduction": "mean",
    "patience": 0,
    "crop_s": 2.0,
}
"""The preset `small` as it was until November 2026."""

RECIPES: Mapping[str, Settings] = {
    "before": BEFORE,
    "small": {"preset": "small"},
    "stride-2": {**BEFORE, "stride": 2},
    "stride-4": {**BEFORE, "stride": 4},
    "stride-4-fast": {**BEFORE, "stride": 4, "learning_rate": 0.03},
    "stride-4-adamw": {**BEFORE, "stride": 4, "optimiser": "adamw", "learning_rate": 0.002, "weight_decay": 0.01},
    "logmel": {**BEFORE, "features": "logmel"},
    "logmel-stride-2": {**BEFORE, "features": "logmel", "stride": 2},
}
"""What was tried. Parameters not named are the defaults of the adapter."""

URDU_FILES = "*/*.wav"
"""`Angry/SM1_F10_A010.wav`: emotion, speaker and number."""


@dataclass(frozen=True)
class Corpus:
    """Recordings to choose by, and how they are split."""

    dataset: str
    root: Path
    protocol: str


@dataclass(frozen=True)
class Trained:
    """What came of a recipe on a corpus: UARs in percent and seconds, one a fold."""

    validation: list[float]
    scored: list[float]
    seconds: list[float]


def main() -> None:
    """Print a row a recipe and corpus."""
    chosen = arguments()
    with tempfile.TemporaryDirectory() as passing:
        scratch = chosen.scratch or Path(passing)
        scratch.mkdir(parents=True, exist_ok=True)
        print(f"{instruction_set()}, {chosen.adapter}, seeds 0 to {chosen.seeds - 1}, {chosen.jobs} folds at once")
        print(f"{'recipe':28} {'corpus':8} {'folds':>5} {'validation':>10} {'scored':>7} {'s a fold':>8} {'ratio':>6}")
        for corpus in corpora(chosen, scratch):
            first = 0.0
            for name, settings in chosen.recipe:
                trained = train(corpus, settings, chosen, scratch)
                validation, scored, seconds = map(
                    statistics.mean, (trained.validation, trained.scored, trained.seconds)
                )
                first = first or seconds
                row = f"{name:28} {corpus.dataset:8} {len(trained.seconds):5} {validation:10.1f} {scored:7.1f}"
                print(f"{row} {seconds:8.1f} {seconds / first:6.2f}", flush=True)


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--urdu", type=Path, help="a clone of the URDU corpus")
    parser.add_argument("--emodb", type=Path, help="folder of EmoDB's recordings")
    parser.add_argument("--recipe", type=recipe, action="append", help="a name, or NAME:KEY=VALUE,...")
    parser.add_argument("--adapter", default="resnet")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", action="append", default=[], metavar="FOLD", help="not all folds, but these")
    parser.add_argument("--jobs", type=int, default=1, help="folds at once, one thread each")
    parser.add_argument("--scratch", type=Path, help="where results are kept; a folder that goes by default")
    chosen = parser.parse_args()
    chosen.recipe = chosen.recipe or [recipe("before"), recipe("small")]
    return chosen


def recipe(text: str) -> tuple[str, Settings]:
    """Return a recipe's name and settings."""
    name, _, rest = text.partition(":")
    pairs = [pair.partition("=") for pair in rest.split(",")] if rest else []
    known = RECIPES.get(name, BEFORE)
    return text, {**known, **{key: value for key, _, value in pairs}}


def corpora(chosen: argparse.Namespace, scratch: Path) -> list[Corpus]:
    """Return the corpora that there are."""
    given = []
    if chosen.urdu:
        given.append(Corpus("table", urdu_table(chosen.urdu, scratch), "speaker-kfold:4"))
    if chosen.emodb:
        given.append(Corpus("emodb", chosen.emodb, "speaker-kfold:5"))
    return given


def urdu_table(root: Path, scratch: Path) -> Path:
    """Write a table of URDU's recordings and return it."""
    table = scratch / "urdu.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "speaker", "emotion", "neutral"])
        for path in sorted(root.glob(URDU_FILES)):
            emotion = path.parent.name.lower()
            writer.writerow([path.resolve(), path.stem.partition("_")[0], emotion, str(emotion == "neutral").lower()])
    return table


def train(corpus: Corpus, settings: Settings, chosen: argparse.Namespace, scratch: Path) -> Trained:
    """Return what a recipe comes to on a corpus, over all folds and seeds."""
    rest = dict(settings)
    features, preset = rest.pop("features", None), rest.pop("preset", None)
    outcome = api.run(
        chosen.adapter,
        corpus.dataset,
        root=corpus.root,
        protocol=corpus.protocol,
        features=features,
        preset=preset,
        settings={key if "." in key else f"adapter.{key}": value for key, value in rest.items()},
        seeds=tuple(range(chosen.seeds)),
        only=tuple(chosen.only),
        jobs=chosen.jobs,
        threads=1,
        results=scratch / "results",
        track=False,
    )
    results = Results(scratch / "results")
    runs = [results.run(run_id) for run_id in outcome.runs["run_id"]]
    cells = [cell for run in runs for cell in results.cells(run) if cell.status == "complete"]
    histories = [results.cell(cell.fit_key).history() for cell in cells]
    return Trained(
        [100 * max(epoch["validation_uar"] for epoch in history) for history in histories],
        [100 * float(uar) for uar in outcome.folds()["uar"].dropna()],
        [cell.seconds for cell in cells],
    )


if __name__ == "__main__":
    main()
