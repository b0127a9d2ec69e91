"""Freed memory is kept for the next step instead of going back to the system."""

from __future__ import annotations

import ctypes
import platform
from typing import Final

TRIM_THRESHOLD: Final = -1
MMAP_THRESHOLD: Final = -3
"""Parameters of glibc's `mallopt`, from its header malloc.h."""

KEPT_BYTES: Final = 2**30
LARGEST_BYTES: Final = 2**25
"""The largest block that glibc agrees to keep; larger ones still go back, so that nothing piles up."""


def keep_freed() -> None:
    """Ask glibc to keep freed blocks of up to 32 MB, a gigabyte of them, where there is glibc.

    Activations are blocks of some ten megabytes. Left alone, glibc maps them anew in every step, and the
    system clears each page before it is touched: tens of thousands of page faults a step.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_THRESHOLD, LARGEST_BYTES)
    library.mallopt(TRIM_THRESHOLD, KEPT_BYTES)


def give_back() -> None:
    """Return what `keep_freed` kept, where there is glibc."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
