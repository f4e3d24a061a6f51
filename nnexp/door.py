"""The door of every command line: standard streams that are there, refusals in one line, exit codes.

What the system refuses, such as a disk without room or a folder that cannot be written, is said as briefly as a bad value.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

from nnexp.errors import UserError, one_line, refused

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def door(run: Callable[[], object], who: str = "nnexp") -> None:
    """Run a command line; a refusal is one line on standard error, after the name of who refuses, and exit code 2."""
    _open_streams()
    try:
        run()
        sys.stdout.flush()
    except UserError as error:
        refuse(error, who)
        sys.exit(2)
    except BrokenPipeError:
        say_no_more()
        sys.exit(1)
    except OSError as error:
        say_no_more()
        refuse(refused(f"{error.filename or 'a file, or standard output,'} cannot be read or written", error), who)
        sys.exit(2)


def refuse(error: Exception, who: str = "nnexp") -> None:
    """One line on standard error that says what is wrong."""
    print(f"{who}: {one_line(str(error))}", file=sys.stderr)


def say_no_more() -> None:
    """Let standard output lead nowhere: nobody reads it any more, or there is no room for it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _open_streams() -> None:
    """Give a process that was started with standard streams closed ones that lead nowhere; its workers get them too.

    What a terminal has no letters for, as one of ASCII, is said with question marks.
    """
    for number in range(len(STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it takes the lowest number that is free
    for name, mode in STREAMS:
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
