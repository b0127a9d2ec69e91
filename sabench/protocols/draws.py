"""What a draw hands over of a target speaker: out of the pool, or as a control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from sabench.errors import PlanError
from sabench.hashing import shuffled
from sabench.interfaces.records import ALL, Access, Draw
from sabench.protocols.folds import Fold, Target
from sabench.protocols.split_corpus import SplitCorpus

StandIn = Literal["", "zeros", "mean"]
_STAND_INS: Final[Mapping[str, StandIn]] = {"zeros": "zeros", "mean": "mean"}


@dataclass(frozen=True)
class Drawn:
    """Ids that one draw hands over; `stand_in` says what their features are replaced by: nothing, `zeros` or `mean`."""

    neutral: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()
    stand_in: StandIn = ""


def effective_access(access: Access, draw: Draw) -> Access:
    """Return what a draw hands over: a size `k` replaces a number of utterances.

    It is that of the neutral ones; where the method takes none, of the unlabelled, and then of the labelled ones.

    >>> effective_access(Access(neutral=1), Draw("first", k=5))
    Access(neutral=5, unlabelled=0, labelled=0)
    """
    if draw.k is None:
        return access
    if access.neutral:
        return Access(draw.k, access.unlabelled, access.labelled)
    if access.unlabelled:
        return Access(0, draw.k, access.labelled)
    return Access(labelled=draw.k) if access.labelled else access


def take(target: Target, access: Access, draw: Draw) -> Drawn:
    """Return what a draw takes out of a target's own pool; controls other than `zeros` and `mean` are the caller's.

    Fewer ids than the access asks for come back where the pool is too small; behind its last one the
    draw `nth` begins with the first again.
    """
    if access.transductive:
        # By a hash: the order of the corpus would tell labels, and pools first would tell who is neutral.
        everything = {*target.neutral, *target.unlabelled, *target.labelled, *target.scored}
        unlabelled: tuple[str, ...] = tuple(shuffled(everything, "unlabelled"))
    else:
        unlabelled = _pick(target.unlabelled, access.unlabelled, draw)
    return Drawn(
        _pick(target.neutral, access.neutral, draw),
        unlabelled,
        _pick(target.labelled, access.labelled, draw),
        stand_in=_STAND_INS.get(draw.kind, ""),
    )


def lacking(target: Target, access: Access, draw: Draw) -> str:
    """Return what a target lacks for this access and draw, in words; empty where nothing is lacking."""
    drawn = take(target, access, draw)
    faults = []
    for kind in ("neutral", "unlabelled", "labelled"):
        wanted = getattr(access, kind)
        needed = wanted if wanted in (ALL, 0) else wanted + (draw.index if draw.kind == "nth" else 0)
        if wanted != ALL and (len(getattr(drawn, kind)) < wanted or len(getattr(target, kind)) < needed):
            faults.append(f"{len(getattr(target, kind))} {kind} in its pool where {wanted} are needed ({draw})")
    return "; ".join(faults)


def _pick(pool: tuple[str, ...], amount: int | str, draw: Draw) -> tuple[str, ...]:
    if amount == ALL or not int(amount):
        return ()
    if draw.kind == "random":
        pool = tuple(shuffled(pool, f"draw {draw.index}"))
    start = draw.index % max(len(pool), 1) if draw.kind == "nth" else 0
    return pool[start : start + int(amount)]


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


def stand_in(split_corpus: SplitCorpus, fold: Fold, target: Target, access: Access) -> Target:
    """Return a training speaker, chosen by a hash, who can supply as much as the target is asked for.

    Raises:
        PlanError: there is none.
    """
    by_speaker: dict[str, list[str]] = {}
    for name in fold.train:
        by_speaker.setdefault(split_corpus.speaker(name), []).append(name)
    for speaker in shuffled(by_speaker, f"stand in for {target.speaker}"):
        candidate = split_corpus.as_target(speaker, by_speaker[speaker])
        if not lacking(candidate, access, Draw()):
            return candidate
    msg = f"Draw other-speaker: no training speaker of fold {fold.name} has {access}. Use another draw."
    raise PlanError(msg)


def drawn_for(split: SplitCorpus, fold: Fold, target: Target, access: Access, draw: Draw) -> Drawn:
    """Return what a draw hands over of a target, controls included.

    Raises:
        PlanError: nobody can stand in for the target.
    """
    if draw.kind == "other-speaker":
        return take(stand_in(split, fold, target, access), access, Draw())
    if draw.kind == "emotional":
        others = emotional(split, target) or target.neutral  # somebody who is never emotional
        return take(replace(target, neutral=others), access, Draw())
    return take(target, access, draw)


def emotional(split_corpus: SplitCorpus, target: Target) -> tuple[str, ...]:
    """Return a target's scored utterances that are not neutral, by a hash."""
    return tuple(name for name in split_corpus.scored(target) if not split_corpus.neutral(name))
