"""Whether speakers can supply what a method asks of them, said before anything is fitted."""

from __future__ import annotations

from collections.abc import Iterable

from sabench.errors import AccessError
from sabench.interfaces.records import Access, Draw, Method
from sabench.protocols.draws import draws_for, effective_access, emotional, lacking, stand_in
from sabench.protocols.split_corpus import SplitCorpus


def refuse_large(method: Method, draws: Iterable[str]) -> None:
    """Raise where a draw hands over more than a method declares.

    Raises:
        AccessError: naming the draw.
    """
    declared = method.access
    for draw in draws_for(declared, draws):
        needed = effective_access(declared, draw)
        if needed | declared != declared:
            msg = (
                f"Draw {draw} hands over {needed}, more than {method.title} declares ({declared}). "
                "Raise the method's own number, for example with --set, so that its access says so."
            )
            raise AccessError(msg)


def refuse_lacking(split_corpus: SplitCorpus, method: Method, draws: Iterable[str]) -> None:
    """Raise where some target speaker cannot supply what a method needs.

    Raises:
        AccessError: naming the speakers.
        PlanError: a control asks for a stand-in whom nobody can be.
    """
    access = method.access
    for draw in draws_for(access, draws):
        needed = effective_access(access, draw)
        held_out = {t.speaker: t for fold in split_corpus.protocol.folds for t in (*fold.validation, *fold.test)}
        short = {name: words for name, target in held_out.items() if (words := lacking(target, needed, draw))}
        if short:
            name, words = next(iter(short.items()))
            others = (
                f" and {len(short) - 1} more speakers ({', '.join(list(short)[1:4])} ...)"
                if short.keys() - {name}
                else ""
            )
            msg = (
                f"{method.title} needs {access} of every target speaker: {name} has {words}{others}. "
                f"Reserve more with --pool {_pool_words(needed, draw)}, drop such speakers for all methods with "
                f"--pool {_pool_words(needed, draw)},require, or let them give what they have with --accept-fewer."
            )
            raise AccessError(msg)
        if draw.kind == "other-speaker":
            for fold in split_corpus.protocol.folds:
                for target in fold.test:
                    stand_in(split_corpus, fold, target, needed)


def never_emotional(split_corpus: SplitCorpus) -> list[str]:
    """Return the targets who have no utterance for the draw `emotional`, in sorted order."""
    targets = [target for fold in split_corpus.protocol.folds for target in fold.test]
    return sorted({target.speaker for target in targets if not emotional(split_corpus, target)})


def poor_trainers(split_corpus: SplitCorpus, access: Access) -> list[str]:
    """Return the training speakers who have fewer neutral utterances than an access asks for, in sorted order."""
    table = split_corpus.corpus.table
    n_neutral = table.groupby("speaker")["neutral"].sum()
    if (n_neutral >= access.neutral).all():
        return []
    rows = split_corpus.rows
    trained = {name for fold in split_corpus.protocol.folds for name in rows.speakers_of(fold.train)}
    return sorted(name for name in trained if n_neutral[name] < access.neutral)


def _pool_words(access: Access, draw: Draw) -> str:
    """Return the pool rule that an access and a draw need; the i-th utterance needs those before it."""
    amounts = {kind: getattr(access, kind) for kind in ("neutral", "unlabelled", "labelled")}
    before = draw.index if draw.kind == "nth" else 0
    return ",".join(f"{kind}={n + before}" for kind, n in amounts.items() if isinstance(n, int) and n) or "neutral=1"
