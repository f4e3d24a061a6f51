"""SIGKILL at random moments of a sweep: nothing of what is done is lost, doubled or half-written after the next start."""

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from faults import children
from faults.page import Row

TITLE = "Kills at random moments"
MUST = "after the next start each run is on record, judged and in MLflow once, with the bits of an undisturbed sweep"
CHAIN = 5
"""Kills of one folder's sweep, one start after the other, before it is let through to the end."""

STILL = 40.0
"""Seconds after which a sweep of a few seconds does not get on any more."""

SERIAL, PROCESSES = {"where": "serial"}, {"where": "processes", "workers": 2}


@dataclass
class Seen:
    """What was seen of kills: how many there were, of them how many held, at which stages, and how long processes stayed."""

    times: int = 0
    held: int = 0
    stages: Counter = field(default_factory=Counter)
    stayed: list = field(default_factory=list)
    ends: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)

    def row(self, done):
        stages = ", ".join(f"{stage} {count}" for stage, count in sorted(self.stages.items()))
        seen = [stages, f"processes gone within {max(self.stayed, default=0.0):.1f} s"]
        if self.ends:
            seen.append("the sweep itself " + ", ".join(f"{end} {count}" for end, count in self.ends.items()))
        return Row(done, self.times, MUST, self.held, "; ".join([*seen, *dict.fromkeys(self.wrong)]))


def undisturbed(folder):
    """What an undisturbed sweep leaves, and how many seconds it takes."""
    children.start(folder / "first").end()  # since the first one warms what others find warm
    begun = time.monotonic()
    assert children.start(folder / "undisturbed").end() == 0
    return children.left(folder / "undisturbed"), time.monotonic() - begun


def main_alone(sweep):
    return children.kill(sweep.pid)


def all_of_it(sweep):
    return children.kill(sweep.pid, group=True)


def one_worker(sweep):
    """Kill a worker, as soon as there is one."""
    while not (found := children.workers(sweep.pid)):
        if sweep.process.exitcode is not None:
            return False
        time.sleep(0.005)
    return children.kill(random.Random(sweep.pid).choice(found))


KINDS = {
    "SIGKILL of a sweep in one process": main_alone,
    "SIGKILL of a sweep's main process": main_alone,
    "SIGKILL of one of its workers": one_worker,
    "SIGKILL of all its processes at once": all_of_it,
}


def chains(folder, done, times, whole, seconds, seed, **changed):
    """Kill sweeps in this way so many times, some in each folder, and hold what they leave against an undisturbed one."""
    draw, seen, count = random.Random(f"{done} {seed}"), Seen(), itertools.count()
    while seen.times < times:
        root, before = folder / f"{seed}-{next(count)}", seen.times
        try:
            wanted = {"backend": SERIAL if "one process" in done else PROCESSES, **changed}
            _chain(root, KINDS[done], wanted, lambda: draw.uniform(0.0, seconds), min(CHAIN, times - before), seen)
            children.same(children.left(root), whole)
            seen.held += seen.times - before
        except AssertionError as error:
            seen.wrong.append(" ".join(str(error).split())[:200])
    return seen


def _chain(root, kind, wanted, moment, most, seen):
    """Start a sweep and kill it at some moment, again and again, until a start has gone through to the end."""
    for _ in range(most):
        sweep = children.start(root, **wanted)
        time.sleep(moment())
        stage = sweep.stage
        killed = kind(sweep)
        code = _ended(sweep)
        if not killed:
            assert code == 0, sweep.said
            return
        seen.times += 1
        seen.stages[stage] += 1
        seen.stayed.append(children.seconds_until_gone(sweep.pid))
        if kind is one_worker:
            last = (sweep.said.strip().splitlines() or [""])[-1]
            still = "stands still: a worker that dies while it hands over a result leaves the others waiting"
            seen.ends[still if code is None else "goes on" if code == 0 else f"ends with {code} ({last[:60]})"] += 1
    sweep = children.start(root, **wanted)
    assert sweep.end() == 0, sweep.said


def _ended(sweep):
    """The exit code of a sweep, or None where it stood still and had to be ended."""
    try:
        return sweep.end(STILL)
    except AssertionError:
        children.kill(sweep.pid)
        sweep.end()
        return None


def rows(folder):
    """The long form: 200 kills."""
    whole, seconds = undisturbed(folder)
    for place, (done, times) in enumerate(zip(KINDS, (100, 30, 30, 40), strict=True)):
        yield chains(folder, done, times, whole, seconds, seed=place).row(done)
