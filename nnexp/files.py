"""Files that cannot be trusted are set aside, and what a killed process left half-written is cleared away.

Nothing of a user's is ever deleted, and nothing that was set aside before is written over.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nnexp.errors import UserError

HALF_WRITTEN = re.compile(r"\..+\.(\d+)(-\w+)?")
"""What a file is called while it is written (`nnexp.tables.whole`): its name, and the process that writes it."""

OF_THE_FILE = (None, errno.EACCES, errno.EPERM, errno.EISDIR)
"""What an error of reading is numbered where the file itself is at fault, and not the disk or the machine."""


@dataclass(frozen=True)
class Aside:
    """A file that was set aside, as it is called now; and what it was called, what was wrong, and what becomes of it."""

    file: Path
    was: Path
    wrong: str
    then: str = "what it held is made again where a sweep asks for it"

    def __str__(self) -> str:
        kept = (
            f"set aside as {self.file.name}"
            if self.file != self.was
            else "left there, since its folder cannot be written"
        )
        return f"{self.was} {self.wrong}; it was {kept}, and {self.then}"


def wrong(error: Exception, file: Path) -> str:
    """What this error of reading says of a file.

    Raises:
        UserError: if it says nothing of the file, but that the disk or the machine failed.
    """
    number = getattr(error, "errno", None)
    if number not in OF_THE_FILE:
        raise UserError(f"{file} cannot be read ({os.strerror(number)}); it was left as it is, try again") from error
    if number in (errno.EACCES, errno.EPERM):
        return f"cannot be read ({os.strerror(number)})"
    return "is a folder" if file.is_dir() else "is damaged"


def set_aside(file: Path, wrong: str, ending: str = "damaged") -> Aside | None:
    """Rename a file so that nobody takes it for what it was; None where another process has done so."""
    names = (file.with_suffix(f".{n}.{ending}" if n > 1 else f".{ending}") for n in itertools.count(1))
    target = next(name for name in names if not os.path.lexists(name))
    try:
        return Aside(file.replace(target), file, wrong)
    except FileNotFoundError:
        return None
    except OSError:
        return Aside(file, file, wrong)


def clear(folder: Path) -> None:
    """Take away what processes that are no more left half-written here, or this one's number stands on.

    To be called where no other thread of this process is writing into the folder.
    """
    for file in folder.iterdir() if folder.is_dir() else ():
        made = HALF_WRITTEN.fullmatch(file.name)
        if made and not _lives(int(made[1])) and file.is_file():
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    """Whether another process of this number is running on this machine."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process > 0
