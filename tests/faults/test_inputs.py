"""Does each hostile input run whole, or end in one line with nothing written? `make faults` tries ten times as many."""

import pytest

from faults import inputs


@pytest.mark.parametrize("kind", inputs.TIMES)
def test_hostile_inputs_run_whole_or_are_refused_in_one_line(kind, tmp_path):
    ran, refused, faults = inputs.several(kind, 12, tmp_path)
    assert not faults
    assert ran + refused == 12
