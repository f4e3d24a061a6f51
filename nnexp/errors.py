"""What a user is told when something they gave cannot be used.

Every refusal is one line: what is wrong with the value, what is allowed, what to do. The command line prints it and
exits with code 2; a Python caller gets this exception. Anything else that is raised is a fault of the program.
"""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable

LONGEST = 1000
"""Characters of a line; of a longer one the middle is left out."""


class UserError(ValueError):
    """A value from outside that cannot be used; its text is one line a user can act on."""

    def __init__(self, text: str) -> None:
        line = " ".join("".join(c if c.isprintable() else " " if c.isspace() else ascii(c)[1:-1] for c in text).split())
        half = LONGEST // 2
        super().__init__(line if len(line) <= LONGEST else f"{line[:half]} ... {line[-half:]}")


def unknown(what: str, value: object, known: Iterable[str]) -> UserError:
    """The refusal of a name that is not known, with the known ones and the nearest."""
    names = list(known)
    near = difflib.get_close_matches(str(value), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return UserError(f"{what}={value} is not known; known: {', '.join(names)}{hint}")


ROOM = "make room there and give the same command again: it goes on from what is on record"
SIZE = "allow larger files, as with ulimit -f unlimited, and give the same command again: it goes on"
FILES = "allow more open files, as with ulimit -n 1024"
ANOTHER = "give a folder that can, as in runs_dir=my_runs"
ADVICE = {errno.ENOSPC: ROOM, errno.EDQUOT: ROOM, errno.EFBIG: SIZE, errno.EMFILE: FILES, errno.ENFILE: FILES}


def refused(what: str, error: OSError) -> UserError:
    """What the system refused, why, and what to do about it."""
    number = error.errno or 0
    return UserError(f"{what} ({os.strerror(number) if number else error}); {ADVICE.get(number, ANOTHER)}")
