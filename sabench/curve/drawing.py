"""The picture of a curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sabench.errors import PlanError
from sabench.machine.files import replace_file

if TYPE_CHECKING:
    from sabench.curve.points import Curve, Point

FORMATS: Final = (".png", ".svg", ".pdf")
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito (2008): told apart by every kind of eye."""
_MARKERS: Final = "osD^vPX"
_ASIDE: Final = 0.06


def refuse_format(path: Path) -> None:
    """Raise where a file's name ends in no format that can be drawn.

    Raises:
        PlanError: saying which there are.
    """
    if path.suffix.lower() not in FORMATS:
        msg = f"A curve is drawn as {', '.join(FORMATS)}; {path.name} is none of them."
        raise PlanError(msg)


def draw(curve: Curve, path: Path) -> None:
    """Write the picture: intervals over speakers as bars, the spread over draws as bands, baselines as lines.

    Raises:
        PlanError: the file's name ends in no format that can be drawn.
    """
    refuse_format(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    at = {k: float(place) for place, k in enumerate(curve.ks)}
    middle = (len(curve.methods) - 1) / 2
    for number, (name, points) in enumerate(curve.methods.items()):
        _draw_method(axes, name, points, at, number, _ASIDE * (number - middle))
    for number, reference in enumerate(curve.references):
        style = ("--", ":", "-.")[number % 3]
        label = f"{reference.method} (not adapted) {100 * reference.uar:.1f}"
        axes.axhline(100 * reference.uar, linestyle=style, color="#555555", linewidth=1.2, label=label)
    _finish(axes, curve, at)
    replace_file(path, lambda beside: figure.savefig(beside, format=path.suffix[1:].lower()))


def _draw_method(axes: Any, name: str, points: list[Point], at: dict[int, float], number: int, aside: float) -> None:
    colour, marker = _COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)]
    x = [at[point.k] + aside for point in points]
    y = [100 * point.uar for point in points]
    ends = [[100 * (p.uar - p.low) for p in points], [100 * (p.high - p.uar) for p in points]]
    axes.errorbar(x, y, yerr=ends, color=colour, marker=marker, capsize=3, linewidth=1.6, elinewidth=0.9, label=name)
    low, high = [100 * point.draw_low for point in points], [100 * point.draw_high for point in points]
    axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)


def _finish(axes: Any, curve: Curve, at: dict[int, float]) -> None:
    axes.set_xticks(list(at.values()), [str(k) for k in at])
    axes.set_xlabel("k: enrolment utterances per target speaker")
    axes.set_ylabel(f"UAR in % ({curve.score})")
    mark = " (simulated)" if curve.simulated else ""
    what = (
        f"{curve.n_scored} utterances of {curve.n_speakers} speakers, the same at every k; "
        "bars: 95% CI over speakers, bands: lowest to highest draw"
    )
    axes.set_title(f"{curve.dataset} {curve.task}{mark}\n", fontsize=12, loc="left")
    axes.text(
        0,
        1.02,
        what,
        transform=axes.transAxes,
        fontsize=8,
    )
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
