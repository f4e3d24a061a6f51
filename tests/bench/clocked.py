"""A sweep in a process of its own, as a user's is, with the clock read between its stages.

What is asked comes in as JSON, and what it took goes out as JSON: seconds by the clock, and CPU seconds of all processes.
"""

import contextlib
import io
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field

import psutil

from nnexp import config, pipeline, terminal


def now():
    """The clock, and the CPU seconds of this process and its workers."""
    used = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return time.perf_counter(), sum(sum(process.cpu_times()[:2]) for process in used)


@dataclass
class Clock(pipeline.Silence):
    """A watcher that notes when the stages of a sweep end."""

    ends: dict[str, tuple[float, float]] = field(default_factory=lambda: {"started": now()})

    def planned(self, plan, missing):
        self.ends["planned"] = now()

    def trained(self, runs):
        self.ends["trained"] = now()

    def judged(self, done, of):
        self.ends["judged"] = now()

    def between(self, earlier, later):
        """Seconds by the clock, and CPU seconds."""
        return [end - start for start, end in zip(self.ends[earlier], self.ends[later], strict=True)]

    def not_tracked(self, why):
        raise RuntimeError(why)


def sweep(asked):
    """Run a sweep in a new process; gives `runs`, how many there were, and what `stages` took, as (by the clock, CPU)."""
    command, given = [sys.executable, "-m", "bench.clocked"], json.dumps(asked)
    return json.loads(subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main():
    asked, clock = json.load(sys.stdin), Clock()
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = pipeline.run(config.check(asked), config=asked, watcher=clock)
        terminal.report(outcome)
    clock.ends["done"] = now()
    stages = {"trained": ("planned", "trained"), "judged": ("trained", "judged"), "all": ("started", "done")}
    took = {name: clock.between(*ends) for name, ends in stages.items()}
    print(json.dumps({"runs": outcome.trained, "stages": took}))


if __name__ == "__main__":
    main()
