"""What speaker adaptation gains on simulated twins, measured without the harness: opensmile and scikit-learn alone.

Prints, for every speaker effect, the mean UAR over twin seeds of an RBF SVM on eGeMAPS functionals (SVM), of the same
with one neutral utterance of each speaker subtracted (SVM-NEUTRAL), and z-normalised per speaker (SVM-NORM).

    python benchmarks/twins.py --dataset aibo --scale 0.05 --seeds 5 --effects 0 0.25 0.5 1
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sabench_plugins.simulation import aibo, iemocap

CLASSES = {"aibo": ("A", "E", "N", "P", "R"), "iemocap": ("ang", "hap", "neu", "sad")}
SIMULATE = {"aibo": aibo.simulate, "iemocap": iemocap.simulate}


def read_aibo(root: Path) -> pd.DataFrame:
    """Return id, label, speaker, fold and path of the five-class task."""
    labels = root / "labels" / "IS2009EmotionChallenge" / "chunk_labels_5cl_corpus.txt"
    table = pd.read_csv(labels, sep=" ", names=["id", "label", "confidence"])
    table["speaker"] = table["id"].str[:-7]
    table["test"] = table["id"].str.startswith("Mont")
    table["path"] = [str(root / "wav" / f"{name}.wav") for name in table["id"]]
    return table


def read_iemocap(root: Path) -> pd.DataFrame:
    """Return id, label, speaker and path of the four-class task."""
    rows = []
    for labels in sorted(root.glob("Session*/dialog/EmoEvaluation/[!.]*.txt")):
        for line in labels.read_text(encoding="latin-1").splitlines():
            parts = line.split("\t")
            if line.startswith("[") and parts[2] in CLASSES["iemocap"]:
                wav = labels.parents[2] / "sentences" / "wav" / labels.stem / f"{parts[1]}.wav"
                rows.append((parts[1], parts[2], parts[1][:5] + parts[1].split("_")[-1][0], str(wav)))
    return pd.DataFrame(rows, columns=["id", "label", "speaker", "path"])


def functionals(paths: list[str], workers: int) -> np.ndarray:
    """Return eGeMAPSv02 functionals, shape `(n, 88)`."""
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
        num_workers=workers,
    )
    return smile.process_files(paths).to_numpy(dtype=np.float64)


def normalised(X: np.ndarray, table: pd.DataFrame, neutral: str, how: str) -> np.ndarray:
    """Return features as a method sees them; `how` is svm, svm-neutral or svm-norm."""
    out = X.copy()
    for _, rows in table.groupby("speaker").indices.items():
        if how == "svm-norm":
            out[rows] = (X[rows] - X[rows].mean(axis=0)) / (X[rows].std(axis=0) + 1e-9)
        elif how == "svm-neutral":
            out[rows] = X[rows] - X[rows[np.argmax(table["label"].to_numpy()[rows] == neutral)]]
    return out


def recalls(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Return the UAR of an RBF SVM, C = 1, balanced, on standardised features."""
    from sklearn.metrics import recall_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model = make_pipeline(StandardScaler(), SVC(C=1.0, class_weight="balanced"))
    predicted = model.fit(X[train], y[train]).predict(X[test])
    return float(recall_score(y[test], predicted, labels=np.unique(y[test]), average="macro", zero_division=0))


def scores(dataset: str, table: pd.DataFrame, X: np.ndarray) -> dict[str, float]:
    """Return UAR in percent by method; the first neutral utterance of every speaker is not scored."""
    neutral = "N" if dataset == "aibo" else "neu"
    y = table["label"].to_numpy(dtype=str)
    enrolment = np.zeros(len(y), dtype=bool)
    enrolment[table[table["label"] == neutral].drop_duplicates("speaker").index] = True
    if dataset == "aibo":
        folds = [table["test"].to_numpy()]
    else:
        folds = [(table["speaker"] == name).to_numpy() for name in sorted(table["speaker"].unique())]
    out = {}
    for how in ("svm", "svm-neutral", "svm-norm"):
        Z = normalised(X, table, neutral, how)
        out[how] = 100 * float(np.mean([recalls(Z, y, ~test, test & ~enrolment) for test in folds]))
    return out


def measure(dataset: str, scale: float, seed: int, effect: float, jobs: int) -> dict[str, float]:
    """Simulate one twin and return its scores, and how many utterances a second it was made at."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, dataset)
        start = time.perf_counter()
        SIMULATE[dataset](root, scale=scale, seed=seed, speaker_effect=effect, jobs=jobs)
        seconds = time.perf_counter() - start
        per_second = len(list(root.rglob("[!.]*.wav"))) / seconds
        table = read_aibo(root) if dataset == "aibo" else read_iemocap(root)
        X = functionals(table["path"].tolist(), jobs)
    return {**scores(dataset, table, X), "utterances/s": per_second}


def main() -> None:
    """Print one row per speaker effect: mean over seeds, the gains over SVM, and how the gains grow from row to row.

    A seed gives the same people at every effect, only more or less alike, so growth is paired by seed.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", choices=sorted(SIMULATE), default="aibo")
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--effects", type=float, nargs="+", default=[0.0, 0.25, 0.5, 1.0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    before: pd.Series | None = None
    for effect in options.effects:
        rows = [measure(options.dataset, options.scale, seed, effect, options.jobs) for seed in seeds]
        table = pd.DataFrame(rows)
        line = [f"effect {effect:<5g}"] + [f"{name} {value:6.1f}" for name, value in table.mean().items()]
        for how in ("svm-neutral", "svm-norm"):
            line.append(f"gain {how} {spread(table[how] - table['svm'])}")
        gain = table["svm-norm"] - table["svm"]
        if before is not None:
            line.append(f"growth {spread(gain - before)}")
        before = gain
        print("  ".join(line), flush=True)


def spread(values: pd.Series) -> str:
    """Return mean and standard deviation in words."""
    return f"{values.mean():+5.1f} (sd {values.std(ddof=min(1, len(values) - 1)):.1f})"


if __name__ == "__main__":
    main()
