"""Writes reference/cli.md from the command line itself: `python docs/generate_cli.py`. A test compares them.

It reads the annotations of the commands rather than what typer makes of them, so that the page is the same under every
version of typer.
"""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.models import ArgumentInfo, OptionInfo

from sabench.cli.app import app

PAGE = Path(__file__).parent / "reference" / "cli.md"

HEAD = """# Command line

<!-- Written by docs/generate_cli.py; changes made here are lost. -->

`sabench COMMAND --help` says the same in a terminal. Tables and `--json` go to standard output, everything else to
standard error. Exit status: 0 when all is done; 1 when something failed or was refused; 2 when the command was used
wrongly; 130 after Ctrl-C.

The shell completes commands, options and plugin names after `sabench --install-completion`.
"""


@dataclass(frozen=True)
class Parameter:
    """One argument or option as the author of a command annotated it."""

    name: str
    kind: type
    several: bool
    default: Any
    info: ArgumentInfo | OptionInfo

    @property
    def is_argument(self) -> bool:
        """Whether it stands behind the command without a name."""
        return isinstance(self.info, ArgumentInfo)

    @property
    def usage(self) -> str:
        """How it is typed."""
        if self.is_argument:
            return self.info.metavar or self.name.upper() + "..." * self.several
        named = [one for one in (self.info.default, *(self.info.param_decls or ())) if isinstance(one, str)]
        names = ", ".join(named or [f"--{self.name.replace('_', '-')}"])
        if self.kind is bool:
            return names if named else f"{names} / --no-{self.name.replace('_', '-')}"
        return f"{names} {self.info.metavar or self._value}"

    @property
    def _value(self) -> str:
        if issubclass(self.kind, enum.Enum):
            return "/".join(str(one.value) for one in self.kind)
        return {int: "INTEGER", float: "FLOAT", Path: "PATH"}.get(self.kind, "TEXT")

    @property
    def help(self) -> str:
        """What it does, and what it is where it is not given."""
        default = getattr(self.default, "value", self.default)
        if self.default is inspect.Parameter.empty:
            return f"{self.info.help}" if self.is_argument else f"{self.info.help} Required."
        if default is None or isinstance(default, bool):
            return str(self.info.help)
        return f"{self.info.help} Default: `{default}`."


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_lines("sabench", app)])


def commands(name: str, group: typer.Typer) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every command with its full name, in alphabetical order."""
    own_commands = [(one.name or str(one.callback.__name__), one.callback) for one in group.registered_commands]
    groups = {one.name or one.typer_instance.info.name: one.typer_instance for one in group.registered_groups}
    for own, callback in sorted([*own_commands, *((key, None) for key in groups)]):
        if callback is None:
            yield from commands(f"{name} {own}", groups[own])
        else:
            yield f"{name} {own}", callback


def parameters(command: Callable[..., Any]) -> list[Parameter]:
    """Return the parameters of a command in their order."""
    hints = typing.get_type_hints(command, include_extras=True)
    return [_parameter(one, hints[one.name]) for one in inspect.signature(command).parameters.values()]


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    while not hasattr(hint, "__metadata__"):  # `Annotated[...] | None`, as get_type_hints may wrap it
        hint = typing.get_args(hint)[0]
    kind, several = hint.__origin__, False
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if typing.get_origin(kind) is list:
        kind, several = typing.get_args(kind)[0], True
    return Parameter(parameter.name, kind, several, parameter.default, hint.__metadata__[0])


def _lines(name: str, group: typer.Typer) -> Iterator[str]:
    for full, command in commands(name, group):
        every = parameters(command)
        arguments = [one for one in every if one.is_argument]
        yield f"## {full}\n"
        yield f"```text\n{' '.join([full, *(one.usage for one in arguments), '[OPTIONS]'])}\n```\n"
        yield f"{inspect.getdoc(command)}\n"
        yield "| argument or option | what it is |\n| --- | --- |"
        ordered = [*arguments, *(one for one in every if not one.is_argument)]
        yield from (f"| `{one.usage}` | {_cell(one.help)} |" for one in ordered)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.name}")
