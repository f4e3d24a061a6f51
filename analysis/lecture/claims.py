"""How is a claim said whose test is a comparison of two numbers?"""

from __future__ import annotations

import numpy as np

from analysis.experiment import Finding


def within(claim: str, found: float, most: float) -> Finding:
    """That a number, such as an error, is at most so large."""
    return Finding(claim, f"at most {most:.2g}", f"{found:.2g}", bool(found <= most))


def above(claim: str, found: float, least: float, unit: str = "") -> Finding:
    """That a number is larger than another."""
    return Finding(claim, f"more than {least:.3g}{unit}", f"{found:.3g}{unit}", bool(found > least))


def below(claim: str, found: float, most: float, unit: str = "") -> Finding:
    """That a number is less than another."""
    return Finding(claim, f"less than {most:.3g}{unit}", f"{found:.3g}{unit}", bool(found < most))


def same(claim: str, expected: object, found: object) -> Finding:
    """That something is just this."""
    return Finding(claim, _said(expected), _said(found), bool(np.all(expected == found)))


def every(claim: str, holds: object) -> Finding:
    """That something holds in each of several cases, (cases,) True where it does."""
    cases = np.atleast_1d(np.asarray(holds))
    n = cases.size
    return Finding(claim, f"{n:,} of {n:,}", f"{int(cases.sum()):,} of {n:,}", bool(cases.all() and n > 0))


def _said(what: object) -> str:
    return ", ".join(map(str, what)) if isinstance(what, list | tuple) else str(what)
