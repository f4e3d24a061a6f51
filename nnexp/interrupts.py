"""What ends a command line before it is done: Ctrl-C, or a batch system that takes its machine back.

Whenever the signal comes, also while libraries are imported or everything is being cleared away, the process says in one line
how to go on and is gone within some two seconds; records are whole at any moment, so nothing has to be waited for.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = b"\nstopped; what is done is on record, and the same command goes on from there\n"
SHOW_CURSOR = b"\x1b[?25h"

PATIENCE = 1.0
"""Seconds for clearing away, after which the process ends as it is."""


class Interrupted(KeyboardInterrupt):
    """A signal; no plain KeyboardInterrupt, for which Python may end itself by SIGINT although it was caught."""


class _State:
    """What this process is about: whether it clears away when it is interrupted, and what has interrupted it."""

    inside = False
    by: int | None = None
    said = False


def heed() -> None:
    """Have signals end this process, in one line; to be called first, since imports take a second."""
    quiet = "ignore:resource_tracker:UserWarning"  # the process that clears away behind this one does so without a word
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), quiet)))
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` says it
            signal.signal(number, _interrupted)


def ended_by(run: Callable[[], None]) -> None:
    """Run a program; an interrupt is one line on standard error, and the exit code that shells give it: 130 for Ctrl-C."""
    heed()
    _State.inside = True
    try:
        run()
    except BaseException:  # an interrupted import may come out as any error
        if _State.by is None:
            raise
    _ignore()
    if _State.by is not None:
        _say()
        sys.exit(128 + _State.by)


def _interrupted(number: int, _: FrameType | None) -> None:
    """The handler of the first signal; all further ones are ignored, so that clearing away goes in peace."""
    _ignore()
    _State.by = number
    if not _State.inside:
        _end()
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None
    late = threading.Timer(PATIENCE, _end)
    late.daemon = True
    late.start()
    raise Interrupted


def _ignore() -> None:
    """Let signals pass, as what is left to do is brief."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def _end() -> None:
    """End at once; workers end by themselves soon after."""
    with contextlib.suppress(OSError):
        if os.isatty(1):
            os.write(1, SHOW_CURSOR)
    _say()
    os._exit(128 + (_State.by or 0))


def _say() -> None:
    """Say once how to go on."""
    if not _State.said:
        _State.said = True
        with contextlib.suppress(OSError):  # of a terminal that is gone
            os.write(2, STOPPED)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold Ctrl-C and its like back while workers start, so that they are born deaf: ending them is this process's affair.

    The process that watches over what they share is started before, since its start would let signals through again.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
