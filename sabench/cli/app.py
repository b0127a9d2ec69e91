"""The whole command line."""

from __future__ import annotations

from sabench.cli.commands import mounted

app = mounted()
