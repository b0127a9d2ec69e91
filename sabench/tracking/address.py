"""Where runs are tracked: the store, the experiment, the artifacts, and the lock that guards them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

EXPERIMENT = "sabench"
"""The experiment that runs are logged under where neither the caller nor MLFLOW_EXPERIMENT_NAME names one."""


@dataclass(frozen=True)
class Address:
    """One experiment on one MLflow store.

    Attributes:
        uri: of the store, as it was given.
        experiment: name of the experiment.
        lock: the file whose lock is held while the store is written.
        database: the file of an SQLite store; None for a server.
        artifacts: folder for artifacts of the default store; None leaves the choice to MLflow.
    """

    uri: str
    experiment: str
    lock: Path
    database: Path | None = None
    artifacts: Path | None = None

    @classmethod
    def of(cls, results: Path, *, uri: str | None = None, experiment: str | None = None) -> Address:
        """Return where the runs of a results folder are tracked.

        `uri`, then MLFLOW_TRACKING_URI, names any store and is passed on untouched. Otherwise the
        store is `mlflow.db` beside the results folder: `mlflow ui` in that directory shows it.
        """
        experiment = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        named = uri or os.environ.get("MLFLOW_TRACKING_URI")
        if named:
            database = sqlite_file(named)
            lock = _lock_of(database) if database else results / ".tracking.lock"
            return cls(named, experiment, lock, database)
        beside = results.absolute().parent
        database = beside / "mlflow.db"
        return cls(sqlite_uri(database), experiment, _lock_of(database), database, beside / "mlruns" / experiment)

    @property
    def default(self) -> bool:
        """Whether this is the store that sabench chose and keeps itself."""
        return self.artifacts is not None

    @property
    def shown(self) -> str:
        """The address without passwords, for messages.

        >>> Address("http://me:secret@host:5000/x", "e", Path("lock")).shown
        'http://host:5000/x'
        """
        if self.database:
            return str(self.database)
        parts = urlsplit(self.uri)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def ui(self) -> str:
        """The command that shows the store; empty for a server, which is already a page.

        MLflow prefers a file store of old in `./mlruns` over `./mlflow.db`, so that the plain
        command would hide ours there.
        """
        if self.database is None:
            return ""
        here = self.database == Path.cwd() / "mlflow.db" and not any(Path("mlruns").glob("[0-9]*/meta.yaml"))
        return "mlflow ui" if here else f"mlflow ui --backend-store-uri '{self.uri}'"


def sqlite_uri(database: Path) -> str:
    """Return the address of a database file.

    Only the two characters that SQLAlchemy would read as something else are escaped.

    >>> sqlite_uri(Path("/home/me/my runs/mlflow.db"))
    'sqlite:////home/me/my runs/mlflow.db'
    """
    return "sqlite:///" + database.absolute().as_posix().replace("%", "%25").replace("?", "%3F")


def sqlite_file(uri: str) -> Path | None:
    """Return the file behind an SQLite address; None for a server or a database in memory.

    >>> sqlite_file("sqlite:///runs.db").name, sqlite_file("sqlite://"), sqlite_file("http://host:5000")
    ('runs.db', None, None)
    """
    scheme, _, rest = uri.partition(":///")
    if scheme.partition("+")[0] != "sqlite":
        return None
    path = unquote(rest.partition("?")[0])
    return Path(path).absolute() if path and path != ":memory:" else None


def _lock_of(database: Path) -> Path:
    return database.with_name(f".{database.name}.lock")
