"""In which precision a device multiplies fastest."""

from __future__ import annotations

from typing import Final

import torch

INSTRUCTIONS: Final = ("avx512_bf16", "amx_bf16")
"""Of processors that multiply bfloat16 themselves, by what torch calls them; others emulate it, slowly."""


def multiplies_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 faster than float32; where torch cannot tell, it does not."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name, False) for name in INSTRUCTIONS)
    return False


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Return what the parameter `precision` of a recipe means on a device.

    >>> uses_bfloat16("float32", torch.device("cpu")), uses_bfloat16("bfloat16", torch.device("cpu"))
    (False, True)
    """
    return precision == "bfloat16" or (precision == "auto" and multiplies_bfloat16(device))
