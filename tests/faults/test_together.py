"""Do sweeps at the same time leave each run once, and can folders be put together?"""

import pytest

from faults import together


@pytest.mark.parametrize("scenario", [together.same_sweep, together.one_store], ids=lambda each: each.__name__)
def test_two_sweeps_at_once_leave_each_run_once(tmp_path, scenario):
    scenario(tmp_path / "runs", together.SERIAL)


def test_a_sweep_can_be_read_while_it_is_written(tmp_path):
    assert together.read_while_written(tmp_path / "runs", together.SERIAL) > 0


def test_records_of_two_machines_are_put_together_by_copying_them(tmp_path):
    together.merged(tmp_path)
