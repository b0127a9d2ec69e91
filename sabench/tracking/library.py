"""MLflow, imported once, when first needed, without its telemetry and its output."""

from __future__ import annotations

import os
import warnings
from typing import Any

_ALWAYS = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

# What a user has set stays. A server that is away must not hold up the end of a run for minutes
# (MLflow's own: seven retries, two minutes each), and standard output belongs to sabench's tables.
_UNLESS_SET = {
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


def client(uri: str) -> Any:
    """Return an `MlflowClient` on a store; for a database this creates the tables where they lack."""
    settle()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations between MLflow and SQLAlchemy, which no user can mend
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=uri)


def entities() -> Any:
    """Return the module of MLflow's metrics, parameters and tags."""
    settle()
    import mlflow.entities

    return mlflow.entities


def settle() -> None:
    """Set the environment that MLflow reads when it is imported."""
    os.environ.update(_ALWAYS)
    for name, value in _UNLESS_SET.items():
        os.environ.setdefault(name, value)
