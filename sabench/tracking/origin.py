"""Who ran it and from which commit: the tags that MLflow shows as user and version."""

from __future__ import annotations

import getpass
import subprocess
from functools import cache

_PATIENCE_S = 5.0


@cache
def origin_tags() -> dict[str, str]:
    """Return the user, and the commit of the folder that the command was given in where git knows one."""
    tags = {"mlflow.source.name": "sabench", "mlflow.source.type": "LOCAL"}
    if user := _user():
        tags["mlflow.user"] = user
    if commit := _commit():
        tags["mlflow.source.git.commit"] = commit
    return tags


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        return ""


def _commit() -> str:
    command = ["git", "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
