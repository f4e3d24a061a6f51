"""How many runs fit into the cache at once?

A stack whose buffers overflow the second-level cache is slower than one run at a time, so stacks are worked on in blocks.
The block leaves no trace in any result.
"""

from __future__ import annotations

import functools
from pathlib import Path

_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
_UNITS = {"K": 2**10, "M": 2**20}


@functools.cache
def second_level_bytes() -> int:
    """The size of a core's second-level cache in bytes; 1 MiB where the system does not tell."""
    try:
        text = _CACHE.read_text().strip()
        return int(text[:-1]) * _UNITS[text[-1]]
    except (OSError, ValueError, KeyError):
        return 2**20


def runs_per_block(floats_per_run: int, runs: int, least: int = 1) -> int:
    """How many of `runs` to work on at once when each needs this many float64, at least `least`."""
    fitting = int(1.5 * second_level_bytes()) // (8 * floats_per_run)
    return max(1, min(runs, max(least, fitting)))
