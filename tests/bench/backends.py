"""What does a task cost on each backend, and the data that go with it? `make bench-backends` puts it into docs/backends.md.

Every backend does the same tasks in turns, on two workers of this machine: some that do nothing, which shows what handing one
over takes, and some that share eight megabytes of data. A cluster is started before the clock is.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from nnexp import backends
from nnexp.config import Backend

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
BEGIN, END = "<!-- costs: by make bench-backends -->\n", "<!-- end -->"
WORKERS, TASKS, SHARED = 2, 200, 2**20
WHERE = ("processes", "dask", "ray")


def nothing(job):
    """A task."""
    return job


def first(job):
    """A task that looks at its data."""
    return float(job[1][job[0]])


def main():
    parser = argparse.ArgumentParser(prog="make bench-backends", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how many turns each backend takes")
    rounds = parser.parse_args().rounds
    places = {where: Backend(where=where, workers=WORKERS) for where in WHERE}
    starts = {where: seconds(lambda place=place: started(place)) for where, place in places.items()}
    data = np.random.default_rng(0).normal(size=SHARED)
    spent = {where: {"nothing": [], "data": []} for where in WHERE}
    for _ in range(rounds):
        for where, place in places.items():
            spent[where]["nothing"].append(seconds(lambda place=place: done(nothing, range(TASKS), place)))
            jobs = [(place_of, data) for place_of in range(TASKS)]
            spent[where]["data"].append(seconds(lambda place=place, jobs=jobs: done(first, jobs, place)))
    lines = ["| backend | starting, s | a task, ms | a task with 8 MB that all share, ms |", "|---|---:|---:|---:|"]
    for where in WHERE:
        each = [1000.0 * float(np.median(spent[where][kind])) / TASKS for kind in ("nothing", "data")]
        lines.append(f"| `{where}` | {starts[where]:.1f} | {each[0]:.2g} | {each[1]:.2g} |")
    text = "\n".join(lines)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{rest[rest.index(END) :]}", encoding="utf-8")
    print(text)


def started(place):
    backends.ready(place)
    done(nothing, range(WORKERS), place)


def done(do, jobs, place):
    assert len(list(backends.each(do, jobs, place))) == len(jobs)


def seconds(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
