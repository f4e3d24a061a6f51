"""What was something made with: which commit of the program, which versions, which machine, by whom?"""

from __future__ import annotations

import functools
import getpass
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

HOUSE = Path(__file__).parents[1]
UNKNOWN = "unknown (not a git checkout)"


@functools.cache
def commit() -> tuple[str, bool]:
    """The commit of the program's checkout, 40 digits, and whether it has changed since; UNKNOWN where there is none."""
    found, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return found or UNKNOWN, bool(changed)


def _git(*arguments: str) -> str:
    if not (HOUSE / ".git").exists():
        return ""
    try:
        done = subprocess.run(["git", *arguments], cwd=HOUSE, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def versions(*libraries: str) -> str:
    """The versions of Python and of these libraries, in a line."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in libraries)])


def machine() -> str:
    """What machine this is, in a line."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def user() -> str:
    """Who runs the program; `unknown` where the machine does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
