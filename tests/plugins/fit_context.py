"""What the harness would hand to `fit`."""

from __future__ import annotations

from sabench import Context


class Kept:
    """A checkpoint in memory."""

    def __init__(self) -> None:
        self.held = None

    def save(self, arrays, state):
        self.held = ({name: array.copy() for name, array in arrays.items()}, dict(state))

    def load(self):
        return self.held


def context(seed: int = 0, history: list[dict[str, float]] | None = None, kept: Kept | None = None) -> Context:
    """A context; `history` gathers what is reported, `kept` is the checkpoint."""
    lines = [] if history is None else history
    return Context(
        seed=seed, device="cpu", threads=1, report=lambda **values: lines.append(values), checkpoint=kept or Kept()
    )
