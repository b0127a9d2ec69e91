"""The training engine against a plain eager PyTorch loop, and its evaluation against one utterance at a time.

Same network, batch size, threads and features; each side runs in a process of its own, by turns, so that
neither inherits the other's memory or the other's share of a busy machine. Prints ratios: above 1 the
engine is faster.

    python benchmarks/training.py [--width 0.125] [--threads 2] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

BINS, CLASSES, CROP = 201, 5, 200
BATCHES, BATCH, EVALUATED = 4, 16, 60


def main() -> None:
    """Run both sides by turns and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=0.125)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        print(json.dumps(SIDES[chosen.side](chosen.width, chosen.threads)))
        return
    rows = [{side: measured(side, chosen) for side in SIDES} for _ in range(chosen.rounds)]
    report(rows, chosen)


def measured(side: str, chosen: argparse.Namespace) -> float:
    """Return what one side measures, in a fresh process."""
    command = [sys.executable, __file__, "--side", side, "--width", str(chosen.width), "--threads", str(chosen.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(rows: list[dict[str, float]], chosen: argparse.Namespace) -> None:
    """Print medians over the rounds, and each round's ratio."""
    from sabench_plugins.neural.sizes import Shape

    middle = {side: statistics.median(row[side] for row in rows) for side in SIDES}
    flops = 3 * Shape(BINS, CLASSES, width=chosen.width).flops(CROP)
    print(
        f"width {chosen.width:g}, batch {BATCH}, {CROP} frames, {chosen.threads} threads, {len(rows)} rounds by turns"
    )
    for name, fast, slow in (
        ("training, samples/s", "engine", "plain"),
        ("evaluation, utterances/s", "evaluation", "one-by-one"),
    ):
        ratios = [row[fast] / row[slow] for row in rows]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name}: {middle[fast]:.1f} against {middle[slow]:.1f}, ratio {statistics.median(ratios):.2f} ({each})")
    achieved = middle["engine"] * flops / 1e9
    limit = middle["matmul"]
    print(f"arithmetic: {achieved:.0f} GFLOP/s, {achieved / limit:.0%} of a large product's {limit:.0f}")


def features() -> list[np.ndarray]:
    """Return made-up log-spectrograms with lengths like FAU-AIBO's (median 1.6 s)."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(160), 0.5, size=BATCHES * BATCH), 30, 1000).astype(int)
    return [rng.normal(-6, 2, size=(length, BINS)).astype(np.float32) for length in lengths]


def network(width: float, *, grouped: bool = False):
    """Return the network; without the trick of `sabench_plugins.neural.convolution` it is what anybody would write."""
    import torch

    from sabench_plugins.neural.convolution import Convolution
    from sabench_plugins.neural.network import Network
    from sabench_plugins.neural.sizes import Shape

    torch.manual_seed(0)
    model = Network(Shape(BINS, CLASSES, width=width))
    for layer in model.modules():
        if isinstance(layer, Convolution):
            layer.grouped = grouped
    return model


def plain(width: float, threads: int) -> float:
    """Return samples a second of the loop that anybody would write first."""
    import torch

    torch.set_num_threads(threads)
    model, arrays = network(width), [torch.from_numpy(array) for array in features()]
    labels = torch.arange(len(arrays)) % CLASSES
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss(weight=torch.ones(CLASSES))
    rates = []
    for _ in range(4):
        started = time.perf_counter()
        for rows in torch.randperm(len(arrays)).split(BATCH):
            crops = []
            for row in rows.tolist():
                start = int(torch.randint(max(len(arrays[row]) - CROP, 0) + 1, ()))
                crop = arrays[row][start : start + CROP]
                crops.append(torch.nn.functional.pad(crop, (0, 0, 0, CROP - len(crop)), value=-11.5))
            optimiser.zero_grad()
            loss = loss_of(model(torch.stack(crops).transpose(1, 2)[:, None].contiguous()), labels[rows])
            loss.backward()
            optimiser.step()
            loss.item()
        rates.append(len(arrays) / (time.perf_counter() - started))
    return statistics.median(rates[1:])


def engine(width: float, threads: int) -> float:
    """Return samples a second that the engine reports, features memory-mapped."""
    from sabench import FeatureView, Utterances
    from sabench_plugins.adapters.resnet import Resnet

    arrays = features()
    labels = np.arange(len(arrays)) % CLASSES
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        view = FeatureView(Mapped(arrays, Path(folder) / "features.bin"))
        train = Utterances(view, labels, np.array(["s"] * len(arrays)), labels == 0, tuple("abcde"))
        context = SimpleNamespace(
            seed=0,
            device="cpu",
            threads=threads,
            report=lambda **values: rates.append(values["samples_per_s"]),
            checkpoint=SimpleNamespace(load=lambda: None, save=lambda arrays, state: None),
        )
        recipe = {"width": width, "batch_size": BATCH, "epochs": 4, "momentum": 0.9, "reduction": "mean"}
        Resnet(**recipe).fit(train, [], context=context)
    return statistics.median(rates[1:])


class Mapped:
    """A source over one memory-mapped file, as the feature store is."""

    def __init__(self, arrays: list[np.ndarray], path: Path) -> None:
        np.concatenate(arrays).tofile(path)
        self.shapes = [array.shape for array in arrays]
        self.ends = np.cumsum([len(array) for array in arrays])
        self.frames = np.memmap(path, dtype=np.float32, mode="r").reshape(-1, BINS)

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.frames[self.ends[index] - self.shapes[index][0] : self.ends[index]]


def one_by_one(width: float, threads: int) -> float:
    """Return utterances a second of plain evaluation with batch size 1."""
    import torch

    torch.set_num_threads(threads)
    model, arrays = network(width).eval(), features()[:EVALUATED]
    seconds = []
    with torch.no_grad():
        for _ in range(3):
            started = time.perf_counter()
            for array in arrays:
                torch.softmax(model(torch.from_numpy(array).T[None, None]), dim=1).numpy()
            seconds.append(time.perf_counter() - started)
    return EVALUATED / min(seconds)


def evaluation(width: float, threads: int) -> float:
    """Return utterances a second of the adapter's predictor."""
    import torch

    from sabench import FeatureView, Memory
    from sabench_plugins.neural.folded import FoldedNetwork
    from sabench_plugins.neural.predictor import NetworkPredictor

    torch.set_num_threads(threads)
    folded = FoldedNetwork(network(width, grouped=True).to(memory_format=torch.channels_last).eval())
    predictor = NetworkPredictor(folded, folded.main.biases())
    view = FeatureView(Memory(features()[:EVALUATED]))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        predictor.predict_proba(view)
        seconds.append(time.perf_counter() - started)
    return EVALUATED / min(seconds)


def matmul(width: float, threads: int) -> float:
    """Return GFLOP/s of a large matrix product."""
    import torch

    torch.set_num_threads(threads)
    a = torch.randn(4096, 4096)
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        a @ a
        seconds.append(time.perf_counter() - started)
    return 2 * 4096**3 / min(seconds) / 1e9


SIDES = {"plain": plain, "engine": engine, "one-by-one": one_by_one, "evaluation": evaluation, "matmul": matmul}

if __name__ == "__main__":
    main()
