"""What the harness would hand to `fit`."""

from __future__ import annotations

from types import SimpleNamespace


def context(seed: int = 0, history: list[dict[str, float]] | None = None) -> SimpleNamespace:
    """A context without checkpoint; `history` gathers what is reported."""
    lines = [] if history is None else history
    return SimpleNamespace(seed=seed, device="cpu", threads=1, report=lambda **values: lines.append(values))
