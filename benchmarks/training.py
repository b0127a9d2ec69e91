"""The training engine against a plain eager PyTorch loop, and its evaluation against one utterance at a time.

Same network, batch size, threads and features; each side runs in a process of its own, by turns, so that
neither inherits the other's memory or the other's share of a busy machine. Prints ratios: above 1 the
engine is faster. Beside the clock's ratio stands that of processor time, which a busy machine disturbs less.
The plain loop computes in float32; the engine is measured in the precision it would choose, and in float32.

    python benchmarks/training.py [--width 0.125] [--threads 2] [--rounds 3]
    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 python benchmarks/training.py

The second line imitates a processor without AVX-512, which multiplies no bfloat16.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

BINS, CLASSES, CROP = 201, 5, 200
BATCHES, BATCH, EVALUATED = 4, 16, 60
SIDE = 2048
"""Of the large matrix product."""

LIMIT = "ONEDNN_MAX_CPU_ISA"
"""The environment variable that has oneDNN leave newer instructions alone."""

Rates = dict[str, float]


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


def measured(side: str, chosen: argparse.Namespace) -> Rates:
    """Return what one side measures, in a fresh process."""
    command = [sys.executable, __file__, "--side", side, "--width", str(chosen.width), "--threads", str(chosen.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(rows: list[dict[str, Rates]], chosen: argparse.Namespace) -> None:
    """Print medians over the rounds, and each round's ratio."""
    from sabench_plugins.neural.sizes import Shape

    middle = {side: statistics.median(row[side]["clock"] for row in rows) for side in SIDES}
    flops = 3 * Shape(BINS, CLASSES, width=chosen.width).flops(CROP)
    print(
        f"{instruction_set()}, width {chosen.width:g}, batch {BATCH}, {CROP} frames, {chosen.threads} threads, "
        f"{len(rows)} rounds by turns"
    )
    for name, fast, slow in (
        (f"training in the engine's own precision ({own_precision()}), samples/s", "engine", "plain"),
        ("training in float32, samples/s", "engine-float32", "plain"),
        ("evaluation, utterances/s", "evaluation", "one-by-one"),
    ):
        print(f"{name}: {middle[fast]:.1f} against {middle[slow]:.1f}")
        for by in ("clock", "processor"):
            ratios = [row[fast][by] / row[slow][by] for row in rows]
            each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"  ratio by {by} time {statistics.median(ratios):.2f} ({each})")
    for name, side, product in (("own precision", "engine", "matmul"), ("float32", "engine-float32", "matmul-float32")):
        achieved, limit = middle[side] * flops / 1e9, middle[product]
        print(f"arithmetic, {name}: {achieved:.0f} GFLOP/s, {achieved / limit:.0%} of a large product's {limit:.0f}")


def instruction_set() -> str:
    """Return the widest instructions that torch and oneDNN use here."""
    import torch

    name = torch.backends.cpu.get_cpu_capability()
    return f"{name} (imitated)" if LIMIT in os.environ else name


def own_precision() -> str:
    """Return what `precision="auto"` means on this machine, or on the one that it imitates."""
    import torch

    from sabench_plugins.neural.fast.precision import uses_bfloat16

    there = LIMIT not in os.environ and uses_bfloat16("auto", torch.device("cpu"))
    return "bfloat16" if there else "float32"


class Watch:
    """Measures by the clock and by processor time of all threads."""

    def __init__(self) -> None:
        self.started = time.perf_counter(), time.process_time()

    def rates(self, amount: int) -> Rates:
        """Return so many things by the seconds since the start, and start anew."""
        clock, processor = self.started
        self.started = time.perf_counter(), time.process_time()
        return {"clock": amount / (self.started[0] - clock), "processor": amount / (self.started[1] - processor)}


def middle_of(rates: list[Rates]) -> Rates:
    """Return medians, without the first, which warms up."""
    return {by: statistics.median(rate[by] for rate in rates[1:]) for by in ("clock", "processor")}


def features() -> list[np.ndarray]:
    """Return made-up log-spectrograms with lengths like FAU-AIBO's (median 1.6 s)."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(160), 0.5, size=BATCHES * BATCH), 30, 1000).astype(int)
    return [rng.normal(-6, 2, size=(length, BINS)).astype(np.float32) for length in lengths]


def network(width: float, *, grouped: bool = False):
    """Return the network; without the trick of `neural.fast.convolution` it is what anybody would write."""
    import torch

    from sabench_plugins.neural.fast.convolution import Convolution
    from sabench_plugins.neural.network import Network
    from sabench_plugins.neural.sizes import Shape

    torch.manual_seed(0)
    model = Network(Shape(BINS, CLASSES, width=width))
    for layer in model.modules():
        if isinstance(layer, Convolution):
            layer.grouped = grouped
    return model


def plain(width: float, threads: int) -> Rates:
    """Return samples a second of the loop that anybody would write first."""
    import torch

    torch.set_num_threads(threads)
    model, arrays = network(width), [torch.from_numpy(array) for array in features()]
    labels = torch.arange(len(arrays)) % CLASSES
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss(weight=torch.ones(CLASSES))
    rates, watch = [], Watch()
    for _ in range(4):
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
        rates.append(watch.rates(len(arrays)))
    return middle_of(rates)


def engine(width: float, threads: int, precision: str = "") -> Rates:
    """Return samples a second of the engine, from report to report, features memory-mapped."""
    from sabench import FeatureView, Utterances
    from sabench_plugins.adapters.resnet import Resnet

    arrays = features()
    labels = np.arange(len(arrays)) % CLASSES
    rates: list[Rates] = []
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        view = FeatureView(Mapped(arrays, Path(folder) / "features.bin"))
        train = Utterances(view, labels, np.array(["s"] * len(arrays)), labels == 0, tuple("abcde"))
        context = SimpleNamespace(
            seed=0,
            device="cpu",
            threads=threads,
            report=lambda **_: rates.append(watch.rates(len(arrays))),
            checkpoint=SimpleNamespace(load=lambda: None, save=lambda arrays, state: None),
        )
        recipe = {"width": width, "batch_size": BATCH, "epochs": 4, "momentum": 0.9, "reduction": "mean"}
        Resnet(**recipe, precision=precision or own_precision()).fit(train, [], context=context)
    return middle_of(rates)


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


def one_by_one(width: float, threads: int) -> Rates:
    """Return utterances a second of plain evaluation with batch size 1; each is seen once, as at test."""
    import torch

    torch.set_num_threads(threads)
    model, (first, *arrays) = network(width).eval(), features()[:EVALUATED]
    with torch.no_grad():
        model(torch.from_numpy(first).T[None, None])
        watch = Watch()
        for array in arrays:
            torch.softmax(model(torch.from_numpy(array).T[None, None]), dim=1).numpy()
    return watch.rates(len(arrays))


def evaluation(width: float, threads: int) -> Rates:
    """Return utterances a second of the adapter's predictor; each is seen once."""
    import torch

    from sabench import FeatureView, Memory
    from sabench_plugins.neural.fast.folded import FoldedNetwork
    from sabench_plugins.neural.fast.memory import keep_freed
    from sabench_plugins.neural.predictor import NetworkPredictor

    torch.set_num_threads(threads)
    keep_freed()
    folded = FoldedNetwork(network(width, grouped=True).to(memory_format=torch.channels_last).eval())
    predictor = NetworkPredictor(folded, folded.main.biases())
    first, *arrays = features()[:EVALUATED]
    predictor.predict_proba(FeatureView(Memory([first])))
    view = FeatureView(Memory(arrays))
    watch = Watch()
    predictor.predict_proba(view)
    return watch.rates(len(arrays))


def matmul(width: float, threads: int, precision: str = "") -> Rates:
    """Return GFLOP/s of a large matrix product."""
    import torch

    torch.set_num_threads(threads)
    a, watch, rates = torch.randn(SIDE, SIDE).to(getattr(torch, precision or own_precision())), Watch(), []
    for _ in range(4):
        a @ a
        rates.append(watch.rates(1))
    return {by: max(rate[by] for rate in rates) * 2 * SIDE**3 / 1e9 for by in rates[0]}


SIDES = {
    "plain": plain,
    "engine": engine,
    "engine-float32": partial(engine, precision="float32"),
    "one-by-one": one_by_one,
    "evaluation": evaluation,
    "matmul": matmul,
    "matmul-float32": partial(matmul, precision="float32"),
}

if __name__ == "__main__":
    main()
