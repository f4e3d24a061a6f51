"""Does a sweep leave the same bits whatever lies around it? Much of it at once; `make faults` does one thing after another."""

from faults import around, surroundings


def test_no_network_home_terminal_or_utf8_few_files_every_warning_an_error_and_an_odd_folder(tmp_path):
    folder = tmp_path / "sweeps" / "a%20b? #c'"
    folder.mkdir(parents=True)
    assert surroundings.is_undisturbed(folder, surroundings.all_at_once(tmp_path), around.LOOKS[:2])
    assert list(folder.parent.iterdir()) == [folder]


def test_streams_that_are_closed(tmp_path):
    odd = surroundings.Around("all closed", before=surroundings.shell("exec <&- >&- 2>&-"))
    assert around.sweep(tmp_path, "tracking=none", **odd.how).returncode == 0
    assert around.is_whole(tmp_path / "runs")


def test_behind_head_a_sweep_goes_on(tmp_path):
    assert surroundings.unheard(tmp_path, "tracking=none")


def test_standard_output_on_a_full_disk(tmp_path):
    assert surroundings.nobody_listens(tmp_path)


def test_the_newest_sweep_is_the_one_asked_for_last_whatever_the_clock_says(tmp_path):
    assert surroundings.clock_was_put_back(tmp_path, "tracking=none", "backend=serial")
