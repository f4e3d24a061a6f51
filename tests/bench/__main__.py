"""The benchmark from the command line: all of it writes docs/bench.md and docs/bench.png, a part of it only prints."""

import argparse
import sys
from pathlib import Path

from bench import alone

alone.hold()  # before any library is imported that starts threads

from bench import cores, goals, hessian, memory, recording, report  # noqa: E402
from bench.picture import picture  # noqa: E402
from bench.race import FASTEST, PEERS, race  # noqa: E402
from bench.workloads import WORKLOADS  # noqa: E402

DOCS = Path(__file__).parents[2] / "docs"


def asked():
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="make bench", description="Time nnexp beside others; all of it writes the docs."
    )
    parser.add_argument("--workload", default="".join(WORKLOADS), help="some of abcde")
    parser.add_argument("--runs", type=int, help="only this many runs at a time")
    parser.add_argument("--rounds", type=int, default=5, help="how many turns each peer takes")
    parser.add_argument("--quick", action="store_true", help="nnexp, the best JAX and C++ only, on most runs")
    return parser.parse_args()


def main():
    given = asked()
    peers, rounds = (FASTEST, 3) if given.quick else (PEERS, given.rounds)
    results, grids = [], []
    for letter in given.workload:
        workload = WORKLOADS[letter]
        only = max(workload.steps) if given.quick else given.runs
        counts = [runs for runs in workload.steps if only in (None, runs)]
        found = [result for runs in counts for result in race(workload, runs, rounds, peers)]
        if found:
            grids.append(report.speed_grid(letter, found))
            report.show(grids[-1])
            results += found
    reached = goals.of_speed(results)
    whole = len(sys.argv) == 1
    if whole:
        reached += besides(rounds)
    report.show(report.goal_grid(reached))
    if whole:
        write(grids, results, reached)


def besides(rounds):
    """The goals that are no race: recording, Hessians, cores, memory."""
    shares = {letter: recording.share(workload, rounds) for letter, workload in WORKLOADS.items()}
    return [
        *goals.of_recording(shares),
        *goals.of_hessians(hessian.times(rounds)),
        *goals.of_cores(cores.two_cores()),
        *goals.of_memory(memory.peak()),
    ]


def write(grids, results, reached):
    """Put the page and the picture into the docs."""
    command = "make bench"
    (DOCS / "bench.md").write_text(report.page(grids, reached, command), encoding="utf-8")
    picture(results).savefig(DOCS / "bench.png", dpi=150)
    print("written: docs/bench.md, docs/bench.png")


if __name__ == "__main__":
    main()
