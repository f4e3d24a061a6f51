"""Which of the benchmark's goals are reached?

A goal is a sentence, what was measured, and whether that is enough.
"""

from dataclasses import dataclass

THOUSANDS = {"a": 1024, "b": 1024, "c": 16, "d": 1024, "e": 1024}
"""The runs at which speed is judged; nets as large as c's gain nothing from more."""

LIMITS = {
    "JAX best": {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.3, "e": 1.0},
    "C++": {"a": 2.0, "b": 1.3, "c": 1.3, "e": 2.0},
}
"""How many times as long as this peer nnexp may take."""

MOST_RECORDING, MOST_MEGABYTES, LEAST_SPEEDUP = 0.05, 1000.0, 1.8


@dataclass(frozen=True)
class Goal:
    """What is wanted, what was measured, and whether it is reached."""

    wanted: str
    measured: str
    reached: bool


def of_speed(results):
    """How long nnexp takes against the peers that have a limit."""
    return [
        Goal(
            f"{result.workload}, {result.runs:,} runs: at most {factor(limit)}as long as {result.peer}",
            f"{1.0 / result.ratio:.2f} times",
            1.0 / result.ratio <= limit,
        )
        for result in results
        if result.runs == THOUSANDS[result.workload]
        for limit in [LIMITS.get(result.peer, {}).get(result.workload)]
        if limit
    ]


def factor(limit):
    return "" if limit == 1.0 else f"{limit:g} times "


def of_hessians(times):
    """What an exact Hessian takes."""
    return [
        Goal(
            f"Hessian of {time.net} on {time.points} points: at most {time.wanted:g} ms a run",
            f"{time.milliseconds:.2g} ms; JAX takes {time.ratio:.1f} times as long",
            time.milliseconds <= time.wanted,
        )
        for time in times
    ]


def of_recording(shares):
    """What a curve of 60 points costs, by workload."""
    return [
        Goal(f"{letter}: recording curves costs under 5 % of training", f"{share:.1%}", share < MOST_RECORDING)
        for letter, share in shares.items()
    ]


def of_cores(two):
    """How much faster two cores are; where other programs held the cores, that is said."""
    if two is None:
        return []
    crowded = f"; two at a time, a stack took {two.crowded:.2f} times as long as alone" if two.crowded > 1.05 else ""
    return [
        Goal("two free cores: near 2 times as fast", f"{two.speedup:.2f} times{crowded}", two.speedup >= LEAST_SPEEDUP)
    ]


def of_memory(peak):
    """The most that 100,000 runs needed."""
    if peak is None:
        return []
    measured = f"{peak.megabytes:,.0f} MB, in {peak.seconds:.0f} s"
    return [Goal("100,000 runs of 2-8-1: at most 1 GB, all processes", measured, peak.megabytes <= MOST_MEGABYTES)]
