"""Is a sweep that was killed anywhere finished by the next start, with nothing lost, doubled or half-written?"""

from faults import children, kills

TIMES = {
    "SIGKILL of a sweep in one process": 3,
    "SIGKILL of all its processes at once": 2,
    "SIGKILL of one of its workers": 1,
}
SMALL = {"seeds": 4, "steps": 2000}


def test_killed_sweeps_are_whole_after_the_next_start(tmp_path):
    assert children.start(tmp_path / "undisturbed", backend=kills.SERIAL, **SMALL).end() == 0
    whole = children.left(tmp_path / "undisturbed")
    for place, (done, times) in enumerate(TIMES.items()):
        seen = kills.chains(tmp_path, done, times, whole, seconds=2.0, seed=place, **SMALL)
        assert (seen.held, seen.wrong) == (times, [])
