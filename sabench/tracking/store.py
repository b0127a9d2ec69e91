"""One experiment on an MLflow store: created and migrated under a lock, written patiently."""

from __future__ import annotations

import contextlib
import functools
import logging
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sabench.errors import TrackingError
from sabench.tracking import library
from sabench.tracking.address import Address

_log = logging.getLogger(__name__)

PATIENCE_S = 300.0
"""How long to wait for other processes that hold the store."""

_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Has MLflow open the experiment as one of trained models."""

LATER = "The run itself is safe; `sabench track` logs it later."


class Store:
    """An MLflow experiment, opened when it is first used.

    The file lock is held for every exchange but the reading of a server, so that the processes of many
    runs neither create one experiment twice nor find SQLite locked by each other.

    Args:
        address: where it is.
        create: make what is not there; otherwise that is an error.
    """

    def __init__(self, address: Address, *, create: bool = True) -> None:
        self.address = address
        self._create = create
        self.experiment_id = ""
        self._client: Any = None

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Hold the lock and yield a client.

        Raises:
            TrackingError: the store cannot be reached or written.
        """
        if not self._create and self.address.database and not self.address.database.exists():
            raise TrackingError(_nothing(self.address))
        try:
            with self._guard():
                yield self._opened()
        except TrackingError:
            raise
        except Exception as error:  # noqa: BLE001  (MLflow raises its own, SQLAlchemy's, requests' and the system's)
            raise TrackingError(_sentence(self.address, error, LATER if self._create else "")) from error

    def _guard(self) -> AbstractContextManager[None]:
        """Return the lock to hold; a server is no file, and whoever only reads it needs none."""
        return _held(self.address) if self._create or self.address.database else nullcontext()

    def _opened(self) -> Any:
        if self._client is None:
            client = _Patient(_connect(self.address))
            self.experiment_id = _experiment(client, self.address, create=self._create)
            self._client = client
        return self._client


class _Patient:
    """A client that repeats a call while SQLite says that the database is locked.

    MLflow's server and other tools do not know our lock file.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return functools.partial(_patiently, getattr(self._client, name))


def _patiently(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    until = time.monotonic() + PATIENCE_S
    pause_s = 0.05
    while True:
        try:
            return call(*args, **options)
        except Exception as error:  # noqa: BLE001  (MLflow wraps SQLAlchemy's error differently from call to call)
            if "database is locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(pause_s * (0.5 + random.random()))  # spreads waiting processes, no number depends on it
        pause_s = min(2 * pause_s, 2.0)


@contextmanager
def _held(address: Address) -> Iterator[None]:
    from filelock import FileLock, Timeout

    address.lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(address.lock, timeout=PATIENCE_S):
            yield
    except Timeout:
        msg = f"MLflow store {address.shown} has been held by another process for {PATIENCE_S:.0f} s. {LATER}"
        raise TrackingError(msg) from None


def _refuse_unopenable(address: Address) -> None:
    """Raise where SQLite cannot open the file at all: MLflow would try for minutes."""
    import sqlite3

    if address.database is None:
        return
    try:
        with contextlib.closing(sqlite3.connect(address.database, timeout=1.0)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        if "locked" not in str(error):
            raise TrackingError(_sentence(address, error, LATER)) from error


def _connect(address: Address) -> Any:
    _refuse_unopenable(address)
    try:
        return _patiently(library.client, address.uri)
    except Exception as error:  # noqa: BLE001  (the type differs between versions of MLflow; anything else is raised again)
        if "out-of-date database schema" not in str(error):
            raise
    if not address.default:
        msg = (
            f"MLflow store {address.shown} was written by another version of MLflow. Make a copy of it, then run "
            "`mlflow db upgrade` with its address."
        )
        raise TrackingError(msg)
    _migrate(address)
    return library.client(address.uri)


def _migrate(address: Address) -> None:
    """Bring the default store to the installed version, keeping a copy; where that fails it stays as it was."""
    assert address.database is not None  # the default store is a file
    copy = address.database.with_suffix(f".before-{time.strftime('%Y%m%d-%H%M%S')}.db")
    shutil.copy2(address.database, copy)
    library.settle()
    command = [sys.executable, "-P", "-m", "mlflow", "db", "upgrade", address.uri]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        copy.replace(address.database)
        msg = (
            f"MLflow store {address.shown} was written by another, probably newer, version of MLflow and cannot be "
            "migrated. Upgrade MLflow, or move the file away and run `sabench track`, which makes a new one."
        )
        raise TrackingError(msg)
    _log.warning("MLflow store %s was migrated to the installed version; a copy is %s.", address.shown, copy)


def _experiment(client: Any, address: Address, *, create: bool) -> str:
    experiment = client.get_experiment_by_name(address.experiment)
    if experiment is None and not create:
        raise TrackingError(_nothing(address))
    if experiment is None:
        experiment = _created(client, address)
    if experiment.lifecycle_stage == "deleted":
        msg = (
            f"MLflow experiment {address.experiment!r} on {address.shown} was deleted. Restore it with "
            f"`mlflow experiments restore -x {experiment.experiment_id}`, or name another in MLFLOW_EXPERIMENT_NAME."
        )
        raise TrackingError(msg)
    if create and not _KIND.keys() <= experiment.tags.keys():
        client.set_experiment_tag(experiment.experiment_id, *next(iter(_KIND.items())))
    return str(experiment.experiment_id)


def _created(client: Any, address: Address) -> Any:
    location = address.artifacts.as_uri() if address.artifacts else None
    try:
        client.create_experiment(address.experiment, artifact_location=location, tags=_KIND)
    except Exception as error:  # noqa: BLE001  (another machine was first on the same server)
        experiment = client.get_experiment_by_name(address.experiment)
        if experiment is None:
            raise error
        return experiment
    return client.get_experiment_by_name(address.experiment)


def _nothing(address: Address) -> str:
    return (
        f"MLflow store {address.shown} has no experiment {address.experiment!r}. Name the store in "
        "MLFLOW_TRACKING_URI and the experiment in MLFLOW_EXPERIMENT_NAME, or write to it with: sabench track"
    )


def _sentence(address: Address, error: Exception, advice: str) -> str:
    what = "does not answer" if _is_away(error) else f"cannot be used: {_reason(error)}"
    return f"MLflow store {address.shown} {what}. Repair it, or name another in MLFLOW_TRACKING_URI. {advice}".rstrip()


def _reason(error: Exception) -> str:
    """Return the first sentence of an error, without passwords.

    >>> _reason(OSError("GET http://me:secret@host/x failed. Please consult the manual."))
    'GET http://host/x failed'
    """
    text = str(error).strip() or type(error).__name__
    return re.sub(r"//[^/@\s]*@", "//", text.splitlines()[0]).split(". ")[0].rstrip(".")[:300]


def _is_away(error: BaseException | None) -> bool:
    """Whether nobody answered: MLflow wraps the error of requests, with the whole history of its attempts."""
    from requests.exceptions import ConnectionError, Timeout  # as MLflow itself uses it

    while error is not None:
        if isinstance(error, (ConnectionError, Timeout)):
            return True
        error = error.__cause__ or error.__context__
    return False
