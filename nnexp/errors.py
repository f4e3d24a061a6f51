"""What a user is told when something they gave cannot be used.

Every refusal is one line: what is wrong with the value, what is allowed, what to do. The command line prints it and
exits with code 2; a Python caller gets this exception. Anything else that is raised is a fault of the program.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
from collections.abc import Iterable

LONGEST = 1000
"""Characters of a line; of a longer one the middle is left out."""


class UserError(ValueError):
    """A value from outside that cannot be used; its text is one line a user can act on."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


def one_line(text: str) -> str:
    """The text in one line of printable characters, of which the middle is left out where it is too long.

    Blanks within a line stay as they are, since they may belong to a name.
    """
    line = re.sub(r"\s*[^\S ]\s*", " ", text).strip()
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    half = LONGEST // 2
    return line if len(line) <= LONGEST else f"{line[:half]} ... {line[-half:]}"


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


RESERVED = re.compile(r"(?i:true|false|null|inf|nan)")
BARE = re.compile(r"\.{0,2}/*[A-Za-z_][A-Za-z0-9_./-]*")
"""Text that Hydra's grammar reads as itself without quotes."""


def override(key: str, value: object) -> str:
    """`key=value` as one word of a command line, for advice that is pasted as it stands into bash, zsh or fish.

    Args:
        key: a key, as in dataset.table.ignore.
        value: text, a number, a bool, None, or a list of such; Hydra composes exactly this value from the word.
    """
    return _shell_word(f"{key}={_literal(value)}")


def _literal(value: object) -> str:
    """A value in Hydra's grammar, with text in quotes wherever it would otherwise be read as something else."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_literal, value))}]"
    if not isinstance(value, str):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    if BARE.fullmatch(value) and not RESERVED.fullmatch(value):
        return value
    plain = re.sub(r"(\\*)(?=\$\{)", r"\1\1\\", value)  # no interpolation
    quote = '"' if "'" in plain and '"' not in plain else "'"
    doubled = re.sub(rf"(\\+)(?={quote}|\Z)", r"\1\1", plain)
    return quote + doubled.replace(quote, f"\\{quote}") + quote


def _shell_word(text: str) -> str:
    """The text as one word of bash, zsh and fish, which differ in what they read within quotes."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, flags=re.ASCII):
        return text
    if not re.search(r'["$`\\!]', text):
        return f'"{text}"'
    return "'" + re.sub(r"['\\]", lambda found: f"'\\{found.group()}'", text) + "'"
