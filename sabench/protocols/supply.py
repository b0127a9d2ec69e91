"""Whether speakers can supply what a method asks of them, said before anything is fitted."""

from __future__ import annotations

from collections.abc import Iterable

from sabench.errors import AccessError, PlanError
from sabench.hashing import shuffled
from sabench.interfaces.records import ALL, Access, Draw, Fold, Target
from sabench.protocols.pools import effective_access, lacking
from sabench.protocols.split_corpus import Conditions, Material
from sabench.registry.methods import Parts


def draws_for(access: Access, draws: Iterable[str]) -> tuple[Draw, ...]:
    """Return the draws that make a difference: what is enrolled with all, or nothing, has only one."""
    wanted = tuple(dict.fromkeys(Draw.parse(text) for text in draws))
    if access == Access():
        wanted = ()
    elif access == Access(unlabelled=ALL):
        wanted = tuple(draw for draw in wanted if draw.kind in ("first", "other-speaker"))
    elif not access.neutral:  # what is emotional stands for what is neutral
        wanted = tuple(draw for draw in wanted if draw.kind != "emotional")
    return wanted or (Draw(),)


def refuse_large(parts: Parts, conditions: Conditions) -> None:
    """Raise where a draw hands over more than a method declares.

    Raises:
        AccessError: naming the draw.
    """
    declared = parts.method.access
    for draw in draws_for(declared, conditions.draws):
        needed = effective_access(declared, draw)
        if needed | declared != declared:
            msg = (
                f"Draw {draw} hands over {needed}, more than {parts.method.title} declares ({declared}). "
                "Raise the method's own number, for example with --set, so that its access says so."
            )
            raise AccessError(msg)


def refuse_lacking(material: Material, parts: Parts, conditions: Conditions) -> None:
    """Raise where some target speaker cannot supply what a method needs.

    Raises:
        AccessError: naming the speakers.
        PlanError: a control asks for a stand-in whom nobody can be.
    """
    access = parts.method.access
    for draw in draws_for(access, conditions.draws):
        needed = effective_access(access, draw)
        held_out = {t.speaker: t for fold in material.protocol.folds for t in (*fold.validation, *fold.test)}
        short = {name: words for name, target in held_out.items() if (words := lacking(target, needed, draw))}
        if short:
            name, words = next(iter(short.items()))
            others = (
                f" and {len(short) - 1} more speakers ({', '.join(list(short)[1:4])} ...)"
                if short.keys() - {name}
                else ""
            )
            msg = (
                f"{parts.method.title} needs {access} of every target speaker: {name} has {words}{others}. "
                f"Reserve more with --pool {_pool_words(needed, draw)}, drop such speakers for all methods with "
                f"--pool {_pool_words(needed, draw)},require, or let them give what they have with --accept-fewer."
            )
            raise AccessError(msg)
        if draw.kind == "other-speaker":
            for fold in material.protocol.folds:
                for target in fold.test:
                    stand_in(material, fold, target, needed)


def stand_in(material: Material, fold: Fold, target: Target, access: Access) -> Target:
    """Return a training speaker, chosen by a hash, who can supply as much as the target is asked for.

    Raises:
        PlanError: there is none.
    """
    by_speaker: dict[str, list[str]] = {}
    for name in fold.train:
        by_speaker.setdefault(material.speaker(name), []).append(name)
    for speaker in shuffled(by_speaker, f"stand in for {target.speaker}"):
        candidate = material.as_target(speaker, by_speaker[speaker])
        if not lacking(candidate, access, Draw()):
            return candidate
    msg = f"Draw other-speaker: no training speaker of fold {fold.name} has {access}. Use another draw."
    raise PlanError(msg)


def emotional(material: Material, target: Target) -> tuple[str, ...]:
    """Return a target's scored utterances that are not neutral, by a hash."""
    return tuple(name for name in material.scored(target) if not material.neutral(name))


def never_emotional(material: Material) -> list[str]:
    """Return the targets who have no utterance for the draw `emotional`, in sorted order."""
    targets = [target for fold in material.protocol.folds for target in fold.test]
    return sorted({target.speaker for target in targets if not emotional(material, target)})


def poor_trainers(material: Material, access: Access) -> list[str]:
    """Return the training speakers who have fewer neutral utterances than an access asks for, in sorted order."""
    table = material.corpus.table
    n_neutral = table.groupby("speaker")["neutral"].sum()
    trained = {material.speaker(name) for fold in material.protocol.folds for name in fold.train}
    return sorted(name for name in trained if n_neutral[name] < access.neutral)


def _pool_words(access: Access, draw: Draw) -> str:
    """Return the pool rule that an access and a draw need; the i-th utterance needs those before it."""
    amounts = {kind: getattr(access, kind) for kind in ("neutral", "unlabelled", "labelled")}
    before = draw.index if draw.kind == "nth" else 0
    return ",".join(f"{kind}={n + before}" for kind, n in amounts.items() if isinstance(n, int) and n) or "neutral=1"
