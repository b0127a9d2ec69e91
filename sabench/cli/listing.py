"""`sabench list`: what is installed, and what is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli.choices import JsonOption
from sabench.errors import SabenchError

if TYPE_CHECKING:
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
    from sabench.registry.registry import KINDS, Registry

    if kind is not None and kind not in KINDS:
        msg = f"There is no kind of plugin {kind!r}.{did_you_mean(kind, KINDS)} There are: {', '.join(KINDS)}."
        raise PlanError(msg)
    registry = Registry()
    offers = {name: registry.offers(name) for name in KINDS if kind in (None, name)}
    if json:
        print_json({name: [_described(registry, offer) for offer in offered] for name, offered in offers.items()})
        return
    for name, offered in offers.items():
        described = [_described(registry, offer) for offer in offered]
        rows = [[d["name"], d["title"], d["needs"], d["distribution"]] for d in described]
        table(name, ["name", "what it is", _NEEDS[name], "from"], rows)


_NEEDS = {"datasets": "tasks", "features": "kind", "normalisers": "access", "adapters": "access"}


def _described(registry: Registry, offer: Offer) -> dict[str, Any]:
    reason, needs = offer.reason, ""
    try:
        needs = _needs(registry, offer) if not reason else ""
    except SabenchError as error:  # what it stands on is broken or missing
        reason = str(error)
    except Exception as error:  # noqa: BLE001  (a plugin's own code; the others are listed all the same)
        reason = f"{type(error).__name__}: {error}"
    title = f"BROKEN: {reason}" if reason else offer.value.title
    lacking = _lacking(registry, offer) if not reason else []
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


def _lacking(registry: Registry, offer: Offer) -> list[str]:
    """Return the packages that a plugin, or the parts of a method, need and that are not installed."""
    from sabench.registry.libraries import missing
    from sabench.registry.methods import Choice, resolve

    if offer.kind != "adapters":
        return missing([offer.value])
    return missing(resolve(registry, [offer.name], Choice())[0].plugins)


def _needs(registry: Registry, offer: Offer) -> str:
    from sabench.registry.methods import Choice, resolve

    if offer.kind == "datasets":
        return ", ".join(offer.value.tasks)
    if offer.kind == "features":
        return str(offer.value.kind)
    if offer.kind == "normalisers":
        return str(registry.create(offer.kind, offer.name).access)
    return str(resolve(registry, [offer.name], Choice())[0].method.access)
