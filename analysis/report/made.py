"""What was a report made from: which commit of the program, which versions, which machine?"""

from __future__ import annotations

from nnexp import origin
from nnexp.configuration import TRAINER
from nnexp.optima.endpoints.verdict import JUDGE
from nnexp.records import SweepRecord


def short(found: str) -> str:
    """A commit as captions name it."""
    return "unknown" if found == origin.UNKNOWN else found[:10]


def made(record: SweepRecord) -> dict[str, str]:
    """What the page came from, by name."""
    return {
        "sweep": f"{record.name}, id {record.id}, asked on {record.created[:16].replace('T', ' ')} UTC",
        **surroundings(),
        "made again by": f"python -m nnexp sweep={record.name}, then python -m analysis.report {record.name}",
    }


def surroundings() -> dict[str, str]:
    """The program, the libraries and the machine, by name."""
    found, changed = origin.commit()
    return {
        "commit": found + (", with changes that are not committed" if changed else ""),
        "arithmetic": f"trainer {TRAINER}, judge {JUDGE}; runs of another trainer have other ids, and none of them is here",
        "versions": origin.versions("numpy", "scipy", "pandas"),
        "machine": origin.machine(),
    }
