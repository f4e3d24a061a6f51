"""Does a command line end in one line whenever it is interrupted, and go on from there?"""

import random
import signal

import pytest

from faults import interrupts


@pytest.mark.parametrize(
    ("number", "twice"), [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)], ids=str
)
def test_an_interrupt_ends_a_sweep_in_one_line(tmp_path, number, twice):
    after = random.Random(number).uniform(0.0, 2.0)
    seconds = interrupts.interrupted(tmp_path, number, after, twice)
    assert seconds is not None
    assert seconds < 20
