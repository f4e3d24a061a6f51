"""Python's search for garbage, put off where much is made that is none: it would go through all of it again and again."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def search_put_off() -> Iterator[None]:
    """Within it Python does not search for objects that refer to one another in a circle; all others go as ever."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
