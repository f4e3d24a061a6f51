"""What Hydra, OmegaConf and the readers of configs complain of, in our words: one line that says what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from nnexp.config import no_key
from nnexp.errors import UserError, unknown
from nnexp.parts import registry

MOST_JOBS = 10_000
"""Of a multirun; each is composed and planned before the first begins."""


def said(error: Exception, groups: Sequence[str], options: Callable[[str], list[str]]) -> UserError:
    """The complaint as a refusal.

    Args:
        error: what was raised while a sweep was composed.
        groups: the groups of configs.
        options: gives the options of a group.
    """
    text = str(error)
    missing = re.search(r"Could not (?:find|load) '([\w/]+)/([^'/]+)'", text)
    if missing and missing.group(1) in groups:
        return unknown(missing.group(1), missing.group(2), options(missing.group(1)))
    key = re.search(r"Could not override '([^']+)'", text) or re.search(r"Key '([^']+)' is not in struct", text)
    if key:
        return _unknown_key(key.group(1), groups)
    if type(error).__module__.startswith(("hydra", "omegaconf")):
        return UserError(text)
    return UserError(f"the configs cannot be read ({type(error).__name__}: {text}); mend them, or see --help")


def _unknown_key(key: str, groups: Sequence[str]) -> UserError:
    """The refusal of a key that no config has, or that belongs to a part that was not chosen."""
    kind, _, rest = key.partition(".")
    name, _, parameter = rest.partition(".")
    if kind in registry.MODULES and name in registry.known(kind):
        known = registry.parameters(kind, name)
        if parameter in known:
            return UserError(f"{key} has no effect: {kind}={name} is not chosen; say {kind}={name} as well")
        return unknown(f"{kind}.{name}: the parameter", parameter, known)
    if kind in registry.MODULES:
        return unknown(kind, name, registry.known(kind))
    if kind in groups:
        return UserError(f"{key} has no effect with the {kind} that is chosen; choose one that has it: {kind}=...")
    return no_key(key)


def refuse_too_many_jobs(overrides: Sequence[Any]) -> None:
    """Refuse a multirun of more jobs than can be composed, before they are listed; `overrides` as Hydra parsed them.

    Raises:
        UserError: if so, saying how many.
    """
    jobs = math.prod(_values(each.value()) for each in overrides if each.is_sweep_override())
    if jobs > MOST_JOBS:
        most = f"up to {MOST_JOBS:,} are allowed"
        raise UserError(f"-m asks for {jobs:,} jobs; {most}: a list, as in depth=[1,2], is an axis of one job")


def _values(swept: Any) -> int:
    """How many values an override sweeps over; 1 where Hydra has to look."""
    if hasattr(swept, "list"):
        return len(swept.list)
    return max(0, math.ceil((swept.stop - swept.start) / swept.step)) if hasattr(swept, "step") else 1
