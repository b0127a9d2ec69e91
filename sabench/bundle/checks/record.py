"""What the card and the record of a bundle must agree on; each check raises one sentence that says what does not."""

from __future__ import annotations

from collections import Counter

from sabench.bundle.content import CARD, CELLS, RUN, Content
from sabench.cells.keys import evaluation_key, fit_key
from sabench.errors import BundleError, PlanError
from sabench.hashing import digest, file_name, plain
from sabench.interfaces.records import Draw
from sabench.protocols.card import CardFold
from sabench.protocols.splits import canonical_name


def card(content: Content) -> None:
    """Check the protocol card against its hash, the run, and itself.

    Raises:
        BundleError: it has been changed, belongs to another run, or would leak.
    """
    protocol_card, run = content.card, content.record
    actual = digest(content.raw_card)
    if actual != run.protocol_hash:
        msg = (
            f"{CARD} has the hash {actual} and the run was made under {run.protocol_hash}: the card has been changed, "
            "or belongs to another run."
        )
        raise BundleError(msg)
    pairs = {
        "dataset": (protocol_card.dataset, run.dataset),
        "task": (protocol_card.task, run.task),
        "protocol": (protocol_card.protocol, run.protocol),
        "simulation": (protocol_card.simulated, plain(run.simulation) if run.simulation else None),
        "folds": ([fold.name for fold in protocol_card.folds], list(run.folds)),
    }
    for name, (of_card, wanted) in pairs.items():
        if of_card != wanted:
            msg = f"The {name} of {CARD} is {of_card!r}; {RUN} says {wanted!r}."
            raise BundleError(msg)
    _protocol_name(protocol_card.protocol)
    _leaks(content)


def _protocol_name(name: str) -> None:
    """Refuse any other text in the place of a protocol's name: pages and tables show it."""
    try:
        expected = canonical_name(name)
    except PlanError as error:
        msg = f"{CARD}: {error}"
        raise BundleError(msg) from error
    if name != expected:
        msg = f"{CARD}: the protocol is called {name!r}; its name is {expected!r}."
        raise BundleError(msg)


def _leaks(content: Content) -> None:
    card = content.card
    for fold in card.folds:
        sides = [*fold.train, *fold.validation, *fold.test]
        several = [name for name, count in Counter(sides).items() if count > 1]
        if several:
            msg = f"{CARD}: speaker {several[0]!r} is on two sides of fold {fold.name}; test data leaks into training."
            raise BundleError(msg)
        unknown = [name for name in fold.test if name not in card.speakers]
        if unknown:
            msg = f"{CARD} does not say which utterances of the target speaker {unknown[0]!r} are scored."
            raise BundleError(msg)
    for name, speaker in card.speakers.items():
        reserved = {*speaker.neutral, *speaker.unlabelled, *speaker.labelled}
        both = sorted(reserved.intersection(speaker.scored))
        if both and not card.pool.get("scored_too"):
            msg = f"{CARD}: utterance {both[0]!r} of speaker {name!r} is enrolled and scored, against the pool rule."
            raise BundleError(msg)


def keys(content: Content) -> None:
    """Check that the run's id, fit keys and evaluation keys follow from what it says of itself.

    Raises:
        BundleError: seed, method, parameters or conditions have been changed.
    """
    run = content.record
    begins = file_name(f"{run.method.name}-{run.dataset}-{run.task}-s{run.seed}-")
    if not run.run_id.startswith(begins):
        msg = f"{RUN}: the run is called {run.run_id!r}; its method, dataset, task and seed make it {begins}..."
        raise BundleError(msg)
    kept = {name: run.method.adapter.parameters.get(name) for name in content.evaluation_parameters}
    for fold, key in run.folds.items():
        expected = _fit_key(content, fold)
        if key != expected:
            msg = (
                f"{RUN}: the model of fold {fold} has the key {key}, and method, parameters, versions, seed and "
                f"conditions as they stand there give {expected}: one of them has been changed."
            )
            raise BundleError(msg)
    for draw, keys_of_draw in run.evaluations.items():
        expected_keys = {fold: evaluation_key(key, _draw(draw), kept) for fold, key in run.folds.items()}
        if dict(keys_of_draw) != expected_keys:
            msg = f"{RUN}: the keys of draw {draw} do not follow from the models and the draw; one has been changed."
            raise BundleError(msg)
    short = digest([list(run.folds.values()), kept, run.method.name])[:8]
    if run.run_id != begins + short:
        msg = f"{RUN}: the run is called {run.run_id!r}; its models make it {begins}{short}."
        raise BundleError(msg)


def cells(content: Content) -> None:
    """Check what is told of every fold against the run and the protocol card.

    Raises:
        BundleError: folds, models or training speakers are others, or something is not complete.
    """
    run = content.record
    states = [run.status, *(cell.status for cell in content.cells)]
    if set(states) != {"complete"}:
        marked = next(state for state in states if state != "complete")
        msg = f"{RUN}: the run is marked {marked}, or one of its folds is; only complete runs are exported."
        raise BundleError(msg)
    if [(cell.fold, cell.fit_key) for cell in content.cells] != list(run.folds.items()):
        msg = f"{CELLS} tells of other folds or models than {RUN}."
        raise BundleError(msg)
    for cell, fold in zip(content.cells, content.card.folds, strict=True):
        expected = _training_speakers(fold, validation_too=run.validation_as_training)
        if cell.n_training_speakers != expected:
            msg = (
                f"{CELLS}: fold {cell.fold} is said to have {cell.n_training_speakers} training speakers; "
                f"{CARD} gives it {expected}."
            )
            raise BundleError(msg)


def _training_speakers(fold: CardFold, *, validation_too: bool) -> int:
    return len(fold.train) + (len(fold.validation) if validation_too else 0)


def _fit_key(content: Content, fold: str) -> str:
    run = content.record
    return fit_key(
        run.protocol_hash,
        fold,
        run.method,
        evaluation_parameters=content.evaluation_parameters,
        seed=run.seed,
        threads=run.threads,
        device=run.device,
        validation_as_training=run.validation_as_training,
        search=content.search,
    )


def _draw(text: str) -> Draw:
    try:
        return Draw.parse(text)
    except ValueError as error:
        msg = f"{RUN}: {error}"
        raise BundleError(msg) from error
