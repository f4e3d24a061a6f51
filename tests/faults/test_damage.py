"""Are damaged, foreign and older files named, set aside, kept, and what they held made again?"""

import os

import pytest

from faults import children, damage
from nnexp.records import Records


@pytest.mark.parametrize(
    ("folder", "pattern", "done"),
    [(folder, pattern, done) for folder, pattern, _, done in damage.CASES],
    ids=[f"{done.__name__} in {folder}" for folder, _, _, done in damage.CASES],
)
def test_a_file_that_cannot_be_trusted_is_set_aside_and_made_again(tmp_path, folder, pattern, done):
    first, second = damage.damaged(tmp_path / "runs", folder, pattern, done)
    assert first.file != second.file
    assert first.file.exists()


def test_an_older_schema_is_called_so(tmp_path):
    (aside,) = damage.damaged(tmp_path, "records", "*.parquet", damage.older, times=1)
    assert "is of another version (nnexp.schema 1, here 2)" in str(aside)
    assert aside.file.suffix == ".version-1"


def test_no_flipped_bit_changes_a_number_unseen(tmp_path):
    found = damage.a_flipped_bit(tmp_path, 300, seed=2)
    assert found["unseen"] == 0
    assert found["found"] > found["harmless"] > 0


def test_a_page_that_lost_its_last_values_is_found(tmp_path, monkeypatch):
    """Headers of pages have no checksum; the end of the file says how many values there are."""
    damage.carry(tmp_path)
    store = Records(tmp_path)
    (file, *_) = sorted(store.folder.glob("*.parquet"))
    reads = damage.pq.ParquetFile.read

    def short(opened, columns):
        rows = reads(opened, columns=columns)
        lost = [values[:-1] if i == 0 else values for i, values in enumerate(rows["theta"].to_pylist())]
        return rows.set_column(rows.schema.names.index("theta"), rows.schema.field("theta"), [lost])

    monkeypatch.setattr(damage.pq.ParquetFile, "read", short)
    store.read(columns=["theta"])
    assert file in [aside.was for aside in store.set_aside]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_set_aside(tmp_path):
    damage.carry(tmp_path)
    (file, *_) = sorted((tmp_path / "records").glob("*.parquet"))
    file.chmod(0)
    again, heard = damage.carry(tmp_path)
    assert again.trained > 0
    assert "cannot be read (Permission denied)" in str(heard.aside[0])


def test_load_says_what_it_set_aside(tmp_path):
    damage.carry(tmp_path)
    for file in (tmp_path / "records").glob("*.parquet"):
        damage.empty(file)
    import nnexp

    with pytest.warns(UserWarning, match=r"is damaged; it was set aside as \w+\.damaged"):
        runs = nnexp.load("disturbed", runs_dir=tmp_path)
    assert len(runs) == 0


def test_a_damaged_store_costs_no_run_and_is_left_as_it_is(tmp_path):
    shown = tmp_path / "shown"
    assert children.start(shown, backend={"where": "serial"}, steps=100, judge=False).end() == 0
    for done, again in ((damage.zeroed_database, True), (damage.older_database, False), (damage.other_database, False)):
        assert damage.STORES[done] in damage.damaged_store(tmp_path / done.__name__, shown, done, again)
