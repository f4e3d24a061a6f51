"""Is what is recorded whole when the disk is full, and is the user told what to do in one line?"""

import shutil

import pytest

from faults import disk


def test_a_full_disk_is_one_line_and_the_next_start_finishes(tmp_path):
    held, seen = disk.full(tmp_path, 24, "tracking=none", "backend=serial")
    assert held, seen


def test_records_on_a_read_only_disk(tmp_path):
    assert disk.read_only(tmp_path)


def test_no_room_for_what_workers_share(tmp_path):
    assert disk.nowhere_to_share(tmp_path)


@pytest.mark.skipif(not shutil.which("prlimit"), reason="there is no prlimit here")
def test_a_limit_on_the_size_of_files_needs_no_disk(tmp_path):
    assert disk.limited(tmp_path, 6000, "backend=serial")


def test_a_file_where_a_folder_should_be(tmp_path):
    assert disk.taken(tmp_path, "runs/records")
