"""torchaudio, which loads only beside the torch that it was built for."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

from sabench import PluginLoadError

_BUILD = re.compile(r"^__version__ = '[^'+]*\+(\w+)'", re.MULTILINE)
"""What a release was built for, such as `cu130` or `cpu`."""
_CUDA = "cu"


def refuse_mismatch() -> None:
    """Raise where the installed torchaudio cannot load beside the installed torch; neither is imported.

    A torchaudio of one CUDA needs the libraries of a torch of the same CUDA; one of no CUDA loads beside any.
    Where one of them is not installed, `Plugin.libraries` says so.

    Raises:
        PluginLoadError: their builds differ, with the command that helps.
    """
    torch, torchaudio = _build("torch"), _build("torchaudio")
    if torch and torchaudio.startswith(_CUDA) and torch != torchaudio:
        msg = f"it needs a torchaudio built for the same torch: torch is for {torch}, torchaudio for {torchaudio}. "
        raise PluginLoadError(msg + _way_out(torch))


@functools.cache
def module(name: str) -> Any:
    """Return a module of torchaudio, such as `functional`.

    Raises:
        PluginLoadError: it is not installed, or does not load beside this torch.
    """
    try:
        return importlib.import_module(f"torchaudio.{name}")
    except (ImportError, OSError, RuntimeError) as error:
        said = " ".join(str(error).split())
        msg = f"torchaudio does not load ({said}). {_way_out(_build('torch'))}"
        raise PluginLoadError(msg) from error


def _way_out(build: str) -> str:
    where = f" --index-url https://download.pytorch.org/whl/{build}" if build else ""
    return f"Install the two together: pip install --force-reinstall torch torchaudio{where}"


def _build(package: str) -> str:
    """Return what an installed package was built for; empty where it is not installed or does not say."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    file = Path(spec.origin).with_name("version.py")
    match = _BUILD.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return match[1] if match else ""
