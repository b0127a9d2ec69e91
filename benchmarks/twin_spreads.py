"""How much neutral speech varies within and between speakers: simulated twins beside real corpora.

Prints, for every corpus, the standard deviation of neutral utterances within a speaker, that between the means of
speakers of one gender, and how far women are from men, for pitch, range, level, tilt, tempo and formants as openSMILE
measures them. Both deviations are those of a one-way analysis of variance, unbiased by how many utterances there are.

    python benchmarks/twin_spreads.py --emodb ~/corpora/emodb --ravdess ~/corpora/ravdess --seeds 0 1 2
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sabench_plugins.datasets.aibo import Aibo
from sabench_plugins.datasets.emodb import Emodb
from sabench_plugins.datasets.iemocap import Iemocap
from sabench_plugins.datasets.ravdess import Ravdess
from sabench_plugins.simulation.aibo import SCHOOLS

READERS = {"emodb": Emodb, "ravdess": Ravdess, "aibo": Aibo, "iemocap": Iemocap}
TASKS = {"emodb": "7class", "ravdess": "8class", "aibo": "5class", "iemocap": "4class"}
MEASURES = {
    "pitch, st": ("F0semitoneFrom27.5Hz_sma3nz_amean", False),
    "pitch range, st": ("F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2", False),
    "level, dB": ("equivalentSoundLevel_dBp", False),
    "tilt (alpha ratio), dB": ("alphaRatioV_sma3nz_amean", False),
    "tempo (peaks/s), log": ("loudnessPeaksPerSec", True),
    "first formant, log": ("F1frequency_sma3nz_amean", True),
    "third formant, log": ("F3frequency_sma3nz_amean", True),
}
"""Name and unit; functional of eGeMAPSv02; whether its logarithm is taken."""


def neutral_speech(name: str, root: Path) -> pd.DataFrame:
    """Return speaker, gender and every measure of the neutral utterances of a corpus."""
    table = READERS[name]().load(root, TASKS[name]).table
    table = table[table["neutral"].astype(bool)].reset_index(drop=True)
    functionals = _functionals([str(root / path) for path in table["path"]])
    out = table[["speaker", "gender"]].copy()
    if name == "aibo":  # the corpus does not tell; of a twin it is known
        out["gender"] = [_of_child(speaker) for speaker in out["speaker"]]
    for measure, (column, logarithm) in MEASURES.items():
        values = functionals[column].to_numpy(dtype=np.float64)
        out[measure] = np.log(values) if logarithm else values
    return out


def _of_child(speaker: str) -> str:
    school = next(school for school in SCHOOLS if speaker in school.speakers)
    return {"F": "female", "M": "male"}[school.gender(speaker)]


def _functionals(paths: list[str]) -> pd.DataFrame:
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
        num_workers=os.cpu_count(),
    )
    return smile.process_files(paths).reset_index(drop=True)


def spreads(values: np.ndarray, speaker: np.ndarray) -> tuple[float, float]:
    """Return the standard deviations within and between speakers, of a one-way analysis of variance."""
    by_speaker = pd.Series(values).groupby(speaker)
    n, mean = by_speaker.size().to_numpy(), by_speaker.mean().to_numpy()
    within = float(((values - by_speaker.transform("mean")) ** 2).sum() / (n.sum() - len(n)))
    around = float((n * (mean - np.average(mean, weights=n)) ** 2).sum() / (len(n) - 1))
    size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    return within**0.5, max((around - within) / size, 0.0) ** 0.5


def row(speech: pd.DataFrame, measure: str) -> tuple[float, float, float]:
    """Return deviation within speakers, between speakers of one gender, and women minus men."""
    within, _ = spreads(speech[measure].to_numpy(), speech["speaker"].to_numpy())
    means = speech.groupby("gender")[measure].transform("mean")
    _, between = spreads((speech[measure] - means).to_numpy(), speech["speaker"].to_numpy())
    of_speakers = speech.groupby("speaker").agg(value=(measure, "mean"), gender=("gender", "first"))
    by_gender = of_speakers.groupby("gender")["value"].mean()
    return within, between, float(by_gender["female"] - by_gender["male"])


def twin(name: str, seed: int, scale: float) -> pd.DataFrame:
    """Return the neutral speech of a twin at its usual speaker effect."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, name)
        READERS[name]().simulate(root, scale=scale, seed=seed)
        return neutral_speech(name, root)


def main() -> None:
    """Print one block a measure, one line a corpus; a twin's is the mean over its seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emodb", type=Path)
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--scale", type=float, default=0.05)
    options = parser.parse_args()
    speech = {name: [neutral_speech(name, root)] for name in ("emodb", "ravdess") if (root := getattr(options, name))}
    for name in ("aibo", "iemocap"):
        speech[f"{name} twin"] = [twin(name, seed, options.scale) for seed in options.seeds]
    for measure in MEASURES:
        print(f"{measure:<26} {'within':>8} {'between':>8} {'female - male':>14}")
        for name, draws in speech.items():
            within, between, gap = np.mean([row(draw, measure) for draw in draws], axis=0)
            print(f"  {name:<24} {within:8.3f} {between:8.3f} {gap:14.3f}", flush=True)


if __name__ == "__main__":
    main()
