"""Freed memory is kept for the next step instead of going back to the system."""

from __future__ import annotations

import ctypes
import platform
from typing import Final

TRIM_THRESHOLD: Final = -1
MMAP_MAX: Final = -4
"""Parameters of glibc's `mallopt`, from its header malloc.h."""


def keep_freed() -> None:
    """Ask glibc not to return memory to the system, where there is glibc.

    Activations are blocks of tens of megabytes. Left alone, glibc maps them anew in every step, and the
    system clears each page before it is touched: tens of thousands of page faults a step.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_MAX, 0)
    library.mallopt(TRIM_THRESHOLD, 2**31 - 1)
