"""What Hydra, OmegaConf and the readers of configs complain of, in our words: one line that says what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnexp.config import no_key
from nnexp.errors import UserError, override, unknown
from nnexp.parts import registry

MOST_JOBS = 10_000
"""Of a multirun; each is composed and planned before the first begins."""

KEY = re.compile(r"Could not override '([^']+)'|Key '([^']+)' is not in struct")


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
    key = KEY.search(text)
    if key:
        return _unknown_key(key.group(1) or key.group(2), groups)
    led = re.search(r"(?:\w+ raised while resolving interpolation: )?(.*)\n\s*full_key: (\S+)", text)
    if led and "nterpolation" in type(error).__name__:
        return UserError(f"{led.group(2)} cannot be resolved: {led.group(1)}")
    if type(error).__module__.startswith(("hydra", "omegaconf")):
        return UserError(text)
    return UserError(f"the configs cannot be read ({type(error).__name__}: {text}); mend them, or see --help")


def _unknown_key(key: str, groups: Sequence[str]) -> UserError:
    """The refusal of a key that no config has, or that belongs to a part that was not chosen."""
    kind, name, parameter = _divided(key)
    if kind in registry.MODULES and name in registry.known(kind):
        known = registry.parameters(kind, name)
        if parameter in known:
            return UserError(f"{key} has no effect: {kind}={name} is not chosen; say {kind}={name} as well")
        return unknown(f"{kind}.{name}: the parameter", parameter, known)
    if kind in registry.MODULES:
        return registry.no_part(kind, name)
    if kind in groups:
        return UserError(f"{key} has no effect with the {kind} that is chosen; choose one that has it: {kind}=...")
    return no_key(key)


def _divided(key: str) -> tuple[str, str, str]:
    """A key as kind, name and parameter, as in optimizer.sgd.batch_size."""
    kind, _, rest = key.partition(".")
    name, _, parameter = rest.partition(".")
    return kind, name, parameter


def of_a_job(error: Exception, swept: Mapping[str, Any]) -> UserError | None:
    """The refusal of a parameter that one job of a multirun has and another lacks; None of any other complaint.

    Args:
        error: what was raised while a job was composed.
        swept: the overrides that differ between jobs, by key, as Hydra parsed them.
    """
    found = KEY.search(str(error))
    kind, name, _ = _divided(found.group(1) or found.group(2)) if found else ("", "", "")
    names = [str(value) for value in swept[kind].sweep_string_iterator()] if kind in swept else []
    if found is None or name not in names:
        return None
    key = found.group(1) or found.group(2)
    return UserError(
        f"{key} has no effect in the jobs without {kind}={name}; say {override(kind, names)}, "
        f"since a list is an axis of one job, in which {key} belongs to {name} alone"
    )


def refuse_working_directory(chdir: object) -> None:
    """Refuse Hydra's change of the working directory.

    Raises:
        UserError: if `chdir`, the value of hydra.job.chdir, asks for it.
    """
    if chdir:
        why = "relative paths, such as those of tables and records, would lead elsewhere"
        raise UserError(
            f"hydra.job.chdir=true is not supported: {why}; leave it out, and say runs_dir=FOLDER for records"
        )


def refuse_too_many_jobs(swept: Mapping[str, Any]) -> None:
    """Refuse a multirun of no job, or of more than can be composed, before they are listed.

    Args:
        swept: the overrides that differ between jobs, by key, as Hydra parsed them.

    Raises:
        UserError: if so, saying how many.
    """
    counts = {key: _count(each) for key, each in swept.items()}
    for key, count in counts.items():
        if count == 0:
            raise UserError(f"{swept[key].input_line} gives no value, so that there is no job; give one or more")
    jobs = math.prod(counts.values())
    if jobs > MOST_JOBS:
        most = f"up to {MOST_JOBS:,} are allowed"
        raise UserError(
            f"-m asks for {jobs:,} jobs; {most}: a list, as in {override('depth', [1, 2])}, is an axis of one job"
        )


def _count(swept: Any) -> int:
    """How many values an override sweeps over; 1 where it is an interval, which Hydra's basic sweeper refuses."""
    values = swept.value()
    if hasattr(values, "step"):
        return max(0, math.ceil((values.stop - values.start) / values.step))
    return len(list(swept.sweep_iterator())) if swept.is_discrete_sweep() else 1
