"""`sabench list`: what is installed, and what is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli.choices import JsonOption
from sabench.errors import SabenchError

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Plugin
    from sabench.registry.registry import Offer, Registry


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list")(list_plugins)


def list_plugins(
    kind: Annotated[
        str | None, typer.Argument(help="datasets, features, normalisers or adapters; all by default.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the installed plugins; broken ones with the reason."""
    from sabench.cli.output import print_json, table
    from sabench.errors import PlanError, did_you_mean
    from sabench.registry.libraries import is_installed
    from sabench.registry.registry import KINDS, Registry

    if kind is not None and kind not in KINDS:
        msg = f"There is no kind of plugin {kind!r}.{did_you_mean(kind, KINDS)} There are: {', '.join(KINDS)}."
        raise PlanError(msg)
    registry, installed = Registry(), cache(is_installed)
    offers = {name: registry.offers(name) for name in KINDS if kind in (None, name)}
    described = {name: [_described(registry, offer, installed) for offer in offers[name]] for name in offers}
    if json:
        print_json(described)
        return
    for name, each in described.items():
        rows = [[d["name"], d["title"], d["needs"], d["distribution"]] for d in each]
        table(name, ["name", "what it is", _NEEDS[name], "from"], rows)


_NEEDS = {"datasets": "tasks", "features": "kind", "normalisers": "access", "adapters": "access"}


def _described(registry: Registry, offer: Offer, installed: Callable[[str], bool]) -> dict[str, Any]:
    from sabench.registry.libraries import missing

    plugins: Sequence[Plugin | type[Plugin]] = ()
    reason, needs = offer.reason, ""
    try:
        if not reason:
            needs, plugins = _needs(registry, offer)
    except SabenchError as error:  # what it stands on is broken or missing
        reason = str(error)
    except Exception as error:  # noqa: BLE001  (a plugin's own code; the others are listed all the same)
        reason = f"{type(error).__name__}: {error}"
    title = f"BROKEN: {reason}" if reason else offer.value.title
    lacking = missing(plugins, installed)
    if lacking:
        title += f" (needs {' and '.join(lacking)}, not installed)"
    return {
        "name": offer.name,
        "distribution": offer.distribution,
        "broken": reason,
        "title": title,
        "needs": needs,
        "lacking": lacking,
    }


def _needs(registry: Registry, offer: Offer) -> tuple[str, Sequence[Plugin | type[Plugin]]]:
    """Return what a plugin needs in a word, and the plugins whose libraries it needs: its own, those of its parts."""
    from sabench.registry.methods import Choice, resolve

    if offer.kind == "datasets":
        return ", ".join(offer.value.tasks), [offer.value]
    if offer.kind == "features":
        return str(offer.value.kind), [offer.value]
    if offer.kind == "normalisers":
        return str(registry.create(offer.kind, offer.name).access), [offer.value]
    (parts,) = resolve(registry, [offer.name], Choice())
    return str(parts.method.access), parts.plugins
