"""Which records of earlier versions are wrong by now: those that say `finished` of a run that diverged without overflow."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nnexp.configuration import recorded
from nnexp.errors import UserError
from nnexp.net.divergence import at_zero, exploded_at
from nnexp.tables import Outdated


def exploded(rows: pa.Table) -> NDArray[np.bool_]:
    """(rows,), whether a record says `finished` of a run that has diverged (`nnexp.net.divergence`)."""
    start = pc.list_element(rows["curve_J"], 0).to_numpy()
    found = (rows["status"].to_numpy() == "finished") & (rows["J"].to_numpy() > start)
    for place in np.flatnonzero(found):
        row = rows.slice(place, 1).to_pylist()[0]
        J, end, taken = np.array([row["curve_J"]]), np.array([row["J"]]), np.array([row["steps_taken"]])
        at = functools.partial(exploded_at, J, end, np.array(row["curve_steps"]), taken)
        found[place] = at(0.0)[0] >= 0 and at(_at_zero(row["configuration"], row["settings"]))[0] >= 0
    return found


@functools.lru_cache(maxsize=4096)
def _at_zero(configuration: str, settings: str) -> float:
    """J at theta = 0 of a configuration; 0 where its data cannot be had any more."""
    try:
        made = recorded(configuration, settings)
        return at_zero(made.objective()) if made.current_id() == configuration else 0.0
    except UserError:
        return 0.0


EXPLODED = Outdated(("configuration", "settings", "status", "J", "steps_taken", "curve_steps", "curve_J"), exploded)
