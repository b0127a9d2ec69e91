"""A start for authors of plugins: one small distribution that works and tests itself."""

from sabench.scaffold.distribution import KINDS, write

__all__ = ["KINDS", "write"]
