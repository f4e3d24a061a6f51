"""How much memory does a sweep of 100,000 runs of 2-8-1 need?

The whole program is started, workers and all, and asked again and again how much memory its processes hold: each page once,
shared ones by share. Few steps are enough, since what is kept of a run does not depend on them.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import alone

RUNS, STEPS, PAUSE = 100_000, 4, 0.2


@dataclass(frozen=True)
class Peak:
    """The most that was held, in MB, and the seconds that the sweep took."""

    megabytes: float
    seconds: float


def peak():
    """The sweep's peak, or None where the system does not tell."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    alone.hold(alone.CORES)
    with tempfile.TemporaryDirectory() as folder:
        keys = [
            "dataset=two_moons",
            f"steps={STEPS}",
            f"seeds={RUNS}",
            "tracking=none",
            "judge=false",
            f"runs_dir={folder}",
        ]
        sweep = subprocess.Popen([sys.executable, "-m", "nnexp", *keys], stdout=subprocess.DEVNULL)
        most, start = 0.0, time.perf_counter()
        while sweep.poll() is None:
            most = max(most, sum(map(held, family(sweep.pid))))
            time.sleep(PAUSE)
    alone.hold()
    assert sweep.returncode == 0, "the sweep ended with an error"
    return Peak(most / 1e6, time.perf_counter() - start)


def family(pid):
    """A process and all that it started."""
    try:
        children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        children = []
    return [pid, *(found for child in children for found in family(child))]


def held(pid):
    """Bytes; 0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(1024.0 * float(line.split()[1]) for line in lines if line.startswith("Pss:"))
