"""What was a report made from: which commit of the program, which versions, which machine?"""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from nnexp.configuration import TRAINER
from nnexp.optima.endpoints.verdict import JUDGE
from nnexp.records import SweepRecord

HOUSE = Path(__file__).parents[2]
LIBRARIES = ("numpy", "scipy", "pandas")
UNKNOWN = "unknown (not a git checkout)"


def commit() -> tuple[str, bool]:
    """The commit of the program's checkout, 40 digits, and whether it has changed since; UNKNOWN where there is none."""
    found, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return found or UNKNOWN, bool(changed)


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=HOUSE, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def short(found: str) -> str:
    """A commit as captions name it."""
    return "unknown" if found == UNKNOWN else found[:10]


def made(record: SweepRecord) -> dict[str, str]:
    """What the page came from, by name."""
    return {
        "sweep": f"{record.name}, id {record.id}, asked on {record.created[:16].replace('T', ' ')} UTC",
        **surroundings(),
        "made again by": f"python -m nnexp sweep={record.name}, then python -m analysis.report {record.name}",
    }


def surroundings() -> dict[str, str]:
    """The program, the libraries and the machine, by name."""
    found, changed = commit()
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return {
        "commit": found + (", with changes that are not committed" if changed else ""),
        "arithmetic": f"trainer {TRAINER}, judge {JUDGE}; runs of another trainer have other ids, and none of them is here",
        "versions": f"Python {platform.python_version()}, {libraries}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
