"""What does a task cost on each backend, and what a sweep? `make bench-backends` writes the tables of docs/backends.md.

Every backend has two workers of this machine. A task's cost is the time of empty ones, from the second hundred on, so that
starting up is left out; a sweep is the same runs, trained into folders of their own.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from nnexp import backends, config, pipeline
from nnexp.backends import opened, parcels
from nnexp.config import Backend
from nnexp.net import compiled
from nnexp.net.training import seconds_of_work, train
from nnexp.plan import plan, stack, stacks

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
BEGIN, END = "<!-- costs: by make bench-backends -->\n", "<!-- end -->"
FOUR = {"serial": Backend(where="serial")} | {
    where: Backend(where=where, workers=2) for where in ("processes", "dask", "ray")
}
TASKS = 200

NET = {"dataset": "two_moons", "tracking": {"store": "none"}, "judge": False}
SWEEPS = {
    "8 configurations, 1,600 runs of 2,000 steps": {
        "width": [4, 8],
        "step_size": [0.1, 0.3],
        "depth": [2, 3],
        "seeds": 200,
    },
    "96 small configurations, 384 runs": {
        "width": [2, 3, 4, 5, 6, 7],
        "activation": ["tanh", "relu"],
        "l2": [0.0, 0.001],
        "optimizer": ["gd", "sgd"],
        "depth": [2, 3],
        "seeds": 4,
    },
}
STEPS = {"8 configurations, 1,600 runs of 2,000 steps": 2000, "96 small configurations, 384 runs": 300}


def nothing(job):
    return job


def main():
    parser = argparse.ArgumentParser(prog="make bench-backends", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how many turns are taken")
    rounds = parser.parse_args().rounds
    text = "\n".join([*_tasks(rounds), "", *_weights(), "", *_sweeps(rounds), "", *_guesses()])
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{rest[rest.index(END) :]}", encoding="utf-8")
    print(text)


def _tasks(rounds):
    """Seconds until the first task is back, and milliseconds for each of many."""
    yield f"Empty tasks on two workers, medians of {rounds} turns of {TASKS}:\n"
    yield "| backend | starts in s | ms a task |\n|---|---:|---:|"
    for where, backend in FOUR.items():
        start = time.perf_counter()
        list(backends.each(nothing, range(2), backend))
        began = time.perf_counter() - start
        spent = [
            _timed(lambda backend=backend: list(backends.each(nothing, range(TASKS), backend))) for _ in range(rounds)
        ]
        opened.close()
        yield f"| `{where}` | {began:.2g} | {1000 * float(np.median(spent)) / TASKS:.2g} |"


def _weights():
    """Bytes of a task, and of the examples that travel apart."""
    asked = plan(config.check({**NET, "dataset": "digits", "loss": "softmax_nll", "steps": 10, "seeds": 64})).runs
    (whole,) = [stack(group) for group in stacks(asked)]
    content, apart = parcels.packed(lambda: train(whole))
    yield f"A task of 64 runs on `digits` weighs {len(content):,} bytes; its examples, {sum(map(len, apart.values())):,}"
    yield "bytes, travel apart from it, once."


def _sweeps(rounds):
    """Whole sweeps, trained; starting up is in it."""
    yield "Sweeps trained on two workers, seconds by the clock, starting up included, the least of"
    yield f"{min(rounds, 3)} turns:\n"
    yield f"| sweep | {' | '.join(f'`{where}`' for where in FOUR)} |\n|---|{'---:|' * len(FOUR)}"
    for name, axes in SWEEPS.items():
        spent = [min(_swept(axes, STEPS[name], backend) for _ in range(min(rounds, 3))) for backend in FOUR.values()]
        yield f"| {name} | {' | '.join(f'{seconds:.1f}' for seconds in spent)} |"


def _swept(axes, steps, backend):
    with tempfile.TemporaryDirectory() as folder:
        asked = {**NET, **axes, "steps": steps, "runs_dir": folder}
        return _timed(lambda: pipeline.run(config.check({**asked, "backend": backend.model_dump()}), config=asked))


def _guesses():
    """How far the guess of a stack's work is from what it takes."""
    ratios = []
    for axes in SWEEPS.values():
        asked = plan(config.check({**NET, **axes, "optimizer": ["gd", "sgd"], "steps": 300, "seeds": 16})).runs
        for one in [stack(group) for group in stacks(asked)][:24]:
            ratios.append(seconds_of_work(one) / max(_timed(lambda one=one: train(one)), 1e-6))
    kernels = "with" if compiled.library() is not None else "without"
    low, middle, high = np.quantile(ratios, [0.1, 0.5, 0.9])
    yield f"The guess of a stack's work, {kernels} kernels, over the seconds it takes: median {middle:.2g}, 10 % and 90 %"
    yield f"quantiles {low:.2g} and {high:.2g}, over {len(ratios)} stacks."


def _timed(do):
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
