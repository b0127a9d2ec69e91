"""Whether any arithmetic of the learnt methods writes or reads past its memory, on this and on lesser processors.

    python benchmarks/guard_pages.py [--strided] [--setting NAME ...] [--only TEXT] [--threads 1]

Every convolution that the networks can be built of runs forward and backward over a batch of three, channels last and
contiguous, in float32 and, where the processor multiplies it, under bfloat16 autocast: widths from 1/64 to 1 and those
of the matched control, one and two channels, first blocks with and without a stride, 201, 80, 64 and 40 bins, crops
whose frames divide by all strides and crops whose frames do not. Then whole networks take a training step and predict
folded, and `film`, `dat` and `mlp` are fitted. All of it under a malloc with guard pages (`guard_pages.c`, compiled
here: it needs a C compiler, Linux and glibc), once in each setting: as it comes, and with what a lesser processor would
choose. `--strided` puts back the strided 1x1 shortcut that was used before.

Crops are short and batches small: an overrun depends on channels, kernel, stride and whether the sides divide by it.
Wide layers are tried with the most and the fewest bins only. Prints a table, and what overran; the exit status is 1
where anything did.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SETTINGS = {
    "as it comes": {},
    "AVX512_CORE": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "SSE41": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "default": {"ATEN_CPU_CAPABILITY": "default"},
}
"""Environments: instruction sets as oneDNN names them, and torch's own kernels without any."""

NARROW = {"widths": [k / 64 for k in range(1, 9)], "bins": (201, 80, 64, 40), "crops": (24, 25)}
WIDE = {"widths": [3 / 16, 1 / 4, 1 / 2, 1], "bins": (201, 40), "crops": (12, 13)}
"""Crops in frames: the first divides by the strides of the networks, the second does not."""

NETWORK_WIDTHS = [1 / 64, 1 / 32, 3 / 64, 1 / 16, 3 / 32, 1 / 8, 1 / 4, 1]
LENGTHS = (24, 17, 9)
"""Frames of the utterances that whole networks see."""

CLASSES, BATCH = 4, 3
FORMATS = ("channels_last", "contiguous_format")
GUARDED = 77
"""The exit status that `guard_pages.c` ends a process with."""

TRIALS_A_PROCESS = 100
"""Address space is not used twice, and the system keeps no more than some ten thousand mappings a process."""


def main() -> int:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strided", action="store_true", help="with the strided shortcut of before")
    parser.add_argument("--setting", action="append", choices=list(SETTINGS), help="only this; may be repeated")
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has TEXT in its description")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--inside", choices=list(SETTINGS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(tally(chosen)))
        return 0
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        print("This needs Linux and a C compiler (cc), to compile guard_pages.c.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "guard_pages.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        tallies = {name: inside(name, library) for name in chosen.setting or SETTINGS}
    return report(tallies)


def inside(setting: str, library: Path) -> dict[str, Any]:
    """Return what one setting gives, in a process of its own."""
    started = time.perf_counter()
    environment = {**os.environ, **SETTINGS[setting], "LD_PRELOAD": str(library), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, *sys.argv[1:], "--inside", setting]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) | {"seconds": time.perf_counter() - started}


def report(tallies: dict[str, dict[str, Any]]) -> int:
    """Print the table and what overran."""
    print(f"{'setting':14}{'layers':>8}{'networks':>10}{'others':>8}{'overruns':>10}{'seconds':>9}")
    for name, of in tallies.items():
        runs = Counter(of["runs"])
        print(
            f"{name:14}{runs['layer']:8}{runs['network']:10}{runs['functionals']:8}"
            f"{len(of['overruns']):10}{of['seconds']:9.0f}"
        )
    for name, of in tallies.items():
        for trial, what in of["overruns"][:5]:
            print(f"{name}: {trial}\n    {what}")
        if len(of["overruns"]) > 5:
            print(f"{name}: and {len(of['overruns']) - 5} more")
    return int(any(of["overruns"] for of in tallies.values()))


@dataclass(frozen=True)
class Layer:
    """One convolution of the family and the input it meets.

    Attributes:
        kind: name of its class.
        inputs: its channels.
        filters: the channels of its output.
        kernel: over (bins, frames).
        stride: over (bins, frames).
        bias: whether it has one.
        bins: of its input.
        frames: of its input.
    """

    kind: str
    inputs: int
    filters: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    bias: bool
    bins: int
    frames: int


@dataclass(frozen=True)
class Trial:
    """What runs under guard pages: a layer, a network or a method on functionals, in one way."""

    part: str
    what: dict[str, Any]
    run: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.part} " + ", ".join(f"{name} {value}" for name, value in self.what.items())


def tally(chosen: argparse.Namespace) -> dict[str, Any]:
    """Run all trials in this setting; return how many there were and which overran."""
    import torch

    torch.set_num_threads(chosen.threads)
    if chosen.strided:
        stride_shortcuts()
    precisions = precisions_in(chosen.inside)
    every = [*layer_trials(precisions), *network_trials(precisions), *functional_trials()]
    trials = [trial for trial in every if chosen.only in str(trial)]
    return {"runs": Counter(trial.part for trial in trials), "overruns": overruns(trials)}


def precisions_in(setting: str) -> list[str]:
    """Return float32, and bfloat16 where it need not be emulated."""
    import torch

    from sabench_plugins.neural.fast.precision import multiplies_bfloat16

    native = setting in ("as it comes", "AVX512_CORE") and multiplies_bfloat16(torch.device("cpu"))
    return ["float32", "bfloat16"] if native else ["float32"]


def stride_shortcuts() -> None:
    """Put back the strided 1x1 convolution, in training and in prediction."""
    import torch
    from torch import nn

    from sabench_plugins.neural.fast import convolution, folded

    def strided(x, weight, down, along):
        return torch.nn.functional.conv2d(x, weight, stride=(down, along))

    convolution.Shortcut.forward = nn.Conv2d.forward
    folded.pointwise = strided


def overruns(trials: list[Trial]) -> list[tuple[str, str]]:
    """Run trials in forked processes; return those that the guard stopped, and what it said."""
    stopped: list[tuple[str, str]] = []
    at = 0
    while at < len(trials):
        end = min(at + TRIALS_A_PROCESS, len(trials))
        reached, status, said = forked(trials, at, end)
        if status == GUARDED:
            stopped.append((str(trials[reached]), said))
        elif status:
            sys.exit(f"{trials[reached]} ended with status {status}: {said}")
        at = reached + 1
    return stopped


def forked(trials: list[Trial], at: int, end: int) -> tuple[int, int, str]:
    """Run trials in one forked process; return the last that began, the exit status, and the last line said."""
    with tempfile.TemporaryFile() as messages, tempfile.TemporaryFile() as began:
        child = os.fork()
        if not child:
            os.dup2(messages.fileno(), 2)
            status = 1
            try:
                for number in range(at, end):
                    os.pwrite(began.fileno(), f"{number:8}".encode(), 0)
                    guarded(trials[number])
                status = 0
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        messages.seek(0)
        lines = messages.read().decode(errors="replace").splitlines()
        return int(os.pread(began.fileno(), 8, 0)), status, lines[-1] if lines else ""


def guarded(trial: Trial) -> None:
    """Run a trial between guard pages; its tensors are freed before they are left."""
    import ctypes

    process = ctypes.CDLL(None)
    process.guard_on()
    trial.run()
    process.guard_off()


def shapes() -> Iterator[tuple[Any, int]]:
    """Yield the shapes of all members of the family, each with the frames of a crop."""
    from sabench_plugins.adapters.eresnet import EResnet
    from sabench_plugins.adapters.resnet_matched import ResnetMatched
    from sabench_plugins.adapters.twochannel import TwoChannel

    for tier in (NARROW, WIDE):
        for width, bins, frames in itertools.product(tier["widths"], tier["bins"], tier["crops"]):
            for kind, stride in itertools.product((TwoChannel, EResnet, ResnetMatched), (1, 2)):
                yield kind(width=width, stride=stride).shape(bins, CLASSES), frames  # eResNet has all that ResNet has


def layers() -> set[Layer]:
    """Return every convolution that any of these networks is built of, with the input that it meets."""
    import torch

    from sabench_plugins.neural.network import Network

    met: set[Layer] = set()

    def note(module, given):
        kernel, stride = module.kernel_size, module.stride
        x, bias = given[0], module.bias is not None
        kind = type(module).__name__
        met.add(Layer(kind, module.in_channels, module.out_channels, kernel, stride, bias, *x.shape[2:]))

    for shape, frames in shapes():
        with torch.device("meta"):
            network = Network(shape)
            for module in network.modules():
                if isinstance(module, torch.nn.Conv2d):
                    module.register_forward_pre_hook(note)
            x = torch.zeros(BATCH, 1, shape.bins, frames)
            network(x, x)
    return met


def layer_trials(precisions: list[str]) -> Iterator[Trial]:
    """Yield each layer in both memory formats and in all precisions."""
    for layer, memory, precision in itertools.product(sorted(layers(), key=str), FORMATS, precisions):
        what = asdict(layer) | {"memory": memory, "precision": precision}
        yield Trial("layer", what, partial(run_layer, layer, memory, precision))


def run_layer(layer: Layer, memory: str, precision: str) -> None:
    """Take a layer forward and backward."""
    import torch

    format_ = getattr(torch, memory)
    module = made(layer).to(memory_format=format_)
    x = torch.randn(BATCH, layer.inputs, layer.bins, layer.frames).to(memory_format=format_).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        out = module(x)
    out.float().square().sum().backward()
    with torch.inference_mode():
        module(x)


def made(layer: Layer) -> Any:
    """Return a module of a layer's class and sizes."""
    from torch import nn

    from sabench_plugins.neural.fast.convolution import Convolution, Shortcut
    from sabench_plugins.neural.sizes import Stage

    if layer.kind == "Shortcut":
        return Shortcut(layer.inputs, layer.filters, layer.stride[::-1])
    if layer.kind == "Convolution":
        stage = Stage(layer.kernel[::-1], layer.stride[::-1], layer.filters)
        return Convolution(layer.inputs, layer.filters, stage, stage.stride, bias=layer.bias)
    return nn.Conv2d(layer.inputs, layer.filters, layer.kernel, layer.stride, bias=layer.bias)


def network_trials(precisions: list[str]) -> Iterator[Trial]:
    """Yield a training step and a folded prediction of whole networks, as the adapters have them."""
    from sabench_plugins.neural.sizes import Shape

    kinds = [(*kind, stride) for kind in ((1, False), (2, False), (1, True)) for stride in (1, 2)]
    for width, bins, kind, precision in itertools.product(NETWORK_WIDTHS, NARROW["bins"], kinds, precisions):
        *channels_and_condition, stride = kind
        shape = Shape(bins, CLASSES, *channels_and_condition, width, stride=stride)
        yield Trial("network", asdict(shape) | {"precision": precision}, partial(run_network, shape, precision))


def run_network(shape: Any, precision: str) -> None:
    """Take a step, and predict utterances of several lengths."""
    import numpy as np
    import torch

    from sabench_plugins.neural.fast.folded import FoldedNetwork
    from sabench_plugins.neural.network import Network

    network = Network(shape).to(memory_format=torch.channels_last)
    x, neutral = (torch.randn(len(LENGTHS), shape.bins, max(LENGTHS), 1).permute(0, 3, 1, 2) for _ in range(2))
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        logits = network(x, neutral)
    logits.float().square().sum().backward()
    with torch.inference_mode():
        folded = FoldedNetwork(network.eval())
        lengths = np.array(LENGTHS)
        embedding = folded.embed(neutral, lengths)[0] if folded.embedder is not None else None
        seen = torch.cat((x, neutral), dim=1) if shape.channels > 1 else x
        folded.probabilities(seen, folded.main.biases(embedding), lengths)


def functional_trials() -> Iterator[Trial]:
    """Yield fits and predictions of the learnt methods on functionals: eGeMAPS has 88, IS09 384."""
    from sabench.registry.registry import Registry

    registry = Registry()
    for name, parameters in (
        ("mlp", {}),
        ("dat", {}),
        *(("film", {"conditioning": kind}) for kind in ("film", "difference", "concatenation", "layers")),
    ):
        for width in (88, 384):
            adapter = registry.create("adapters", name, {**parameters, "epochs": 2})
            what = {"method": name, **parameters, "features": width}
            yield Trial("functionals", what, partial(run_functionals, adapter, width))


def run_functionals(adapter: Any, width: int) -> None:
    """Fit made-up functionals and predict them."""
    import numpy as np

    from sabench import Context, Enrolment, FeatureView, Memory, Utterances

    rng = np.random.default_rng(0)
    y = np.arange(60) % CLASSES
    view = FeatureView(Memory(rng.normal(size=(60, width)).astype(np.float32)))
    train = Utterances(view, y, np.repeat([f"s{i}" for i in range(5)], 12), y == 0, tuple("abcd"))
    checkpoint = SimpleNamespace(load=lambda: None, save=lambda arrays, state: None)
    context = Context(seed=0, device="cpu", threads=1, report=lambda **_: None, checkpoint=checkpoint)
    adapter.fit(train, [(Enrolment(neutral=view[:1]), train)], context=context)
    adapter.enrol(Enrolment(neutral=view[:1])).predict_proba(view)


if __name__ == "__main__":
    sys.exit(main())
