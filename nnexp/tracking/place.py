"""Where a sweep is tracked: which MLflow store, and which experiment in it.

The sweep's config comes first, then the environment variables that MLflow itself reads, then the SQLite store beside the
records and an experiment of the sweep's name.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nnexp.config import URI, Tracking
from nnexp.errors import UserError
from nnexp.tracking import store


@dataclass(frozen=True)
class Place:
    """An MLflow store and an experiment in it.

    uri: the store's tracking URI, with its password if it has one. experiment: the experiment's name.
    """

    uri: str
    experiment: str

    def __str__(self) -> str:
        return f"{without_password(self.uri)}, experiment {self.experiment}"

    @property
    def server(self) -> str:
        """The address of the tracking server, as a browser is given it; empty where the store is a database."""
        return re.sub(r"://[^/]*@", "://", self.uri).rstrip("/") if store.SERVER.match(self.uri) else ""


def place_of(tracking: Tracking, root: Path, sweep: str) -> Place:
    """Where a sweep is tracked.

    Args:
        tracking: the sweep's config of it; what it leaves open is taken from the environment.
        root: the folder of everything that is made.
        sweep: the sweep's name.

    Raises:
        UserError: if a variable of the environment has a value that cannot be used.
    """
    uri, experiment = uri_of(tracking, root), tracking.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME")
    known = os.environ.get("MLFLOW_EXPERIMENT_ID")
    if known and not experiment and uri == os.environ.get("MLFLOW_TRACKING_URI"):  # in another store it names another
        experiment = _name_of_experiment(uri, known)
    return Place(uri, experiment or sweep)


def uri_of(tracking: Tracking, root: Path) -> str:
    """The tracking URI of the store in which a sweep is tracked.

    Raises:
        UserError: if that of the environment cannot be used.
    """
    uri = tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or store.default_uri(root)
    if not tracking.uri and not re.fullmatch(URI, uri):
        raise UserError(
            f"MLFLOW_TRACKING_URI={without_password(uri)} is not the tracking URI of a server or a database, as in "
            "http://host:5000 or sqlite:////folder/mlflow.db; set another, or unset MLFLOW_TRACKING_URI"
        )
    return uri


def without_password(text: str) -> str:
    """The text with the passwords of the URIs in it replaced by ***."""
    text = re.sub(r"(://[^/\s:@]*):[^/\s]*@", r"\1:***@", text)
    return re.sub(r"([?&]password=)[^&\s]*", r"\1***", text)


@functools.lru_cache
def _name_of_experiment(uri: str, known: str) -> str:
    """The name of the experiment that MLFLOW_EXPERIMENT_ID names."""
    client = store.open_store(uri)
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_experiment(known).name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise UserError(
            f"MLFLOW_EXPERIMENT_ID={known} is not an experiment of {without_password(uri)}; "
            "set another, or unset MLFLOW_EXPERIMENT_ID"
        ) from None
