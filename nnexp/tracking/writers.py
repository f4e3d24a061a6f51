"""How do entries get into the store: by MLflow's client, or straight into the tables of its database?

The client takes an entry apart into several requests, which makes a hundred points cost more than the training they tell of.
Where the store is a database that this process can open, with a schema that this was tested with, the same rows are
written in bulk; anywhere else the client writes them. What is read back is the same.
"""

from __future__ import annotations

from typing import Any

from nnexp.errors import UserError
from nnexp.tracking import bulk
from nnexp.tracking.client import Client
from nnexp.tracking.writing import Writer


def open_writer(client: Any, uri: str, experiment: str, wanted: str) -> tuple[Writer, str]:
    """The quickest writer that is known to be right for this store, and, where it is the client, why.

    Args:
        client: MLflow's client on the store.
        uri: where the store is.
        experiment: the id of the experiment.
        wanted: `auto`, `bulk` or `client`.

    Raises:
        UserError: if `bulk` is wanted of a store that it cannot be had of.
    """
    if wanted == "client":
        return Client(client, uri, experiment), "tracking.writer=client"
    engine, why = bulk.engine(uri)
    if engine is not None:
        return bulk.Bulk(engine, client, uri, experiment), ""
    if wanted == "bulk":
        raise UserError(f"tracking.writer=bulk cannot be had: {why}; say tracking.writer=auto")
    return Client(client, uri, experiment), why
