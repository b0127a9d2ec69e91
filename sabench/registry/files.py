"""A plugin out of a file of one's own, with no package around it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from sabench.errors import PluginLoadError, described, did_you_mean
from sabench.interfaces.plugins import Plugin


def is_file(name: str) -> bool:
    """Return whether a name that a user typed means a file: `./my.py`, or `my.py:mine` where it holds several plugins.

    >>> is_file("./my.py"), is_file("my.py:mine"), is_file("svm")
    (True, True, False)
    """
    return name.partition(".py")[1] == ".py" and name.partition(".py")[2][:1] in ("", ":")


def load(name: str, base: type[Plugin], kind: str) -> Mapping[str, type[Plugin]]:
    """Return the plugins of one kind that a file holds, by their own names: the one that is asked for, or the only one.

    Plugins are its classes with a `name`; hooks are not needed.

    Args:
        name: the file, with `:NAME` where it holds several.
        base: what plugins of this kind are subclasses of.
        kind: in the singular, for sentences.

    Raises:
        PluginLoadError: the file cannot be read or run, or it holds no such plugin, or several.
    """
    file, wanted = _parts(name)
    own = {str(cls.name): cls for cls in plugins_in(name) if issubclass(cls, base)}
    if wanted and wanted not in own:
        msg = f"{file} holds no {kind} {wanted!r}.{did_you_mean(wanted, own)} It has: {', '.join(own) or 'none'}."
        raise PluginLoadError(msg)
    if not wanted and len(own) != 1:
        several = f"several: {', '.join(own)}. Name one, as in {file.name}:{next(iter(own))}" if own else "none"
        msg = f"{file} should hold one {kind}, a subclass of sabench.{base.__name__} with a name; it has {several}."
        raise PluginLoadError(msg)
    return {wanted: own[wanted]} if wanted else own


def plugins_in(name: str) -> list[type[Plugin]]:
    """Return the plugins of any kind that a file defines.

    Raises:
        PluginLoadError: the file cannot be read or run.
    """
    module = _module(_parts(name)[0])
    classes = (value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Plugin))
    return [cls for cls in classes if cls.__module__ == module.__name__ and cls.name]


def _parts(name: str) -> tuple[Path, str]:
    """Return the file that a user typed, and the name of the plugin in it; empty where none was named."""
    path, _, wanted = name.partition(".py")
    return Path(f"{path}.py").expanduser().absolute(), wanted.removeprefix(":")


def _module(file: Path) -> ModuleType:
    """Return the module of a file; its folder joins the end of the path, so that workers find it too."""
    name = file.stem
    if not file.is_file():
        msg = f"There is no file {file}. Write for example: --adapter ./my_method.py"
        raise PluginLoadError(msg)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    spec = None if "." in name else importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not file.samefile(spec.origin):
        other = f"; Python finds {spec.origin} under that name" if spec else ""
        msg = f"{file} cannot be imported as a module {name!r}{other}. Give the file another name."
        raise PluginLoadError(msg)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for results
            return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        msg = f"{file} cannot be imported: {described(error)}{_line_of(error, file)}"
        raise PluginLoadError(msg) from error


def _line_of(error: BaseException, file: Path) -> str:
    """Return in words which line of a file raised an error; empty where none did."""
    if isinstance(error, SyntaxError):
        return ""  # its text says it
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == str(file):
            line = at.tb_lineno
        at = at.tb_next
    return f" (line {line})" if line else ""
