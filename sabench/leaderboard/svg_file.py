"""A picture of the page as a file of its own: an SVG that needs no style sheet, behind a link that needs no script."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from sabench.leaderboard.board import GROUPS

_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that no XML file may hold."""


def as_link(svg: str) -> str:
    """Return the address of an inline picture as a file: light, on white, with its colours written out."""
    return "data:image/svg+xml," + quote(standalone(svg), safe=" =:/;,()'!*+?@$&|~")


def standalone(svg: str) -> str:
    """Return an inline picture, an `svg` element with a `viewBox` from 0 0, as a whole file."""
    text = _UNREADABLE.sub("", re.sub(r"\s*\n\s*", "", str(svg).strip()))
    head, _, body = text.partition(">")
    size = re.search(r'viewBox="0 0 (\S+) ([^"]+)"', head)
    assert size is not None  # our own templates write them
    width, height = size.groups()
    named = head.replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"', 1)
    return f'{named}><style>{_style()}</style><rect width="{width}" height="{height}" fill="#fff"/>{body}'


@cache
def _style() -> str:
    """Return the rules of pictures with light colours in the place of variables, which drawing programs do not know."""
    colours = dict(re.findall(r"--([\w-]+): ([^;]+);", _source("light.css")))
    rules = [rule for heads, body in _RULE.findall(_source("pictures.css")) for rule in _grouped(heads.strip(), body)]
    plain = _VARIABLE.sub(lambda variable: colours[variable[1]], "".join(rules))
    return "svg{font-family:sans-serif;font-size:10px}" + re.sub(r"\s*([{:;,])\s*", r"\1", plain)


def _grouped(heads: str, body: str) -> list[str]:
    """Return a rule; one that takes the colour of its kind of access, once for each kind."""
    body = body.strip()
    if "var(--c)" not in body:
        return [f"{heads}{{{body}}}"]
    return [f"{heads}.g-{group}{{{body.replace('var(--c)', f'var(--{group})')}}}" for group in GROUPS]


def _source(name: str) -> str:
    return (files("sabench.leaderboard") / "templates" / name).read_text(encoding="utf-8")
