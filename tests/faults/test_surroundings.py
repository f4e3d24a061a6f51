"""Does a sweep leave the same bits whatever lies around it? Much of it at once; `make faults` does one thing after another."""

import pytest

from faults import surroundings


def test_no_home_no_terminal_no_utf8_few_files_and_every_warning_an_error(tmp_path):
    assert surroundings.is_undisturbed(tmp_path, surroundings.all_at_once(), surroundings.around.LOOKS[:2])


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed(tmp_path, stream):
    number = {"stdout": 1, "stderr": 2}[stream]
    odd = surroundings.Around(stream, before=surroundings.shell(f"exec {number}>&-"))
    done = surroundings.around.sweep(tmp_path, "tracking=none", **odd.how)
    assert (done.returncode, done.stderr) == (0, "")
    assert surroundings.around.is_whole(tmp_path / "runs")


def test_no_network_in_a_folder_whose_name_addresses_have_another_use_for(tmp_path):
    odd = surroundings.offline(tmp_path)
    folder = tmp_path / "sweeps" / "a%20b? #ä'"
    folder.mkdir(parents=True)
    assert surroundings.is_undisturbed(folder, odd, surroundings.around.LOOKS[:1])
    assert list(folder.parent.iterdir()) == [folder]


def test_behind_head_a_sweep_goes_on(tmp_path):
    assert surroundings.unheard(tmp_path, "tracking=none")


def test_standard_output_on_a_full_disk(tmp_path):
    assert surroundings.nobody_listens(tmp_path)


def test_the_newest_sweep_is_the_one_asked_for_last_whatever_the_clock_says(tmp_path):
    assert surroundings.clock_was_put_back(tmp_path, "tracking=none", "backend=serial")
