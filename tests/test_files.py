"""Is what cannot be trusted kept aside, and only that cleared away which nobody will finish?"""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnexp import files
from nnexp.errors import UserError
from nnexp.records import Records


def no_more():
    """The number of a process that is no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_only_what_nobody_is_writing_any_more_is_cleared_away(tmp_path):
    dead, alive = no_more(), os.getppid()
    gone = [f".a.parquet.{dead}", f".mlflow.db.{dead}-journal", f".b.json.{os.getpid()}", ".c.parquet.99999999999"]
    stay = [f".a.parquet.{alive}", "a.parquet", ".training.lock", f"a.parquet.{dead}", ".hidden"]
    for name in (*gone, *stay):
        (tmp_path / name).write_text("half of it")
    files.clear(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(stay)
    files.clear(tmp_path / "is not there")


@pytest.mark.parametrize(
    ("purpose", "folder"),
    [("training", "records"), ("training", "sweeps"), ("judging", "judgements"), ("tracking", ".")],
)
def test_who_has_the_folder_alone_clears_it(tmp_path, purpose, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    left = tmp_path / folder / f".a.{no_more()}"
    left.write_text("half of it")
    with Records(tmp_path).alone(purpose, lambda: None):
        assert not left.exists()


def test_nothing_that_was_set_aside_before_is_written_over(tmp_path):
    file = tmp_path / "a.parquet"
    for content in "abc":
        file.write_text(content)
        files.set_aside(file, "is damaged")
    kept = {each.name: each.read_text() for each in tmp_path.iterdir()}
    assert kept == {"a.damaged": "a", "a.2.damaged": "b", "a.3.damaged": "c"}
    assert files.set_aside(file, "is damaged") is None  # since another process has done so


def test_what_cannot_be_renamed_is_said_to_be_where_it_was(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    aside = files.set_aside(tmp_path / "a.parquet", "is damaged")
    assert aside.file == aside.was == tmp_path / "a.parquet"
    assert "left there, since its folder cannot be written" in str(aside)


def test_a_failing_disk_damages_no_file():
    error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(UserError, match=r"a\.parquet cannot be read \(Input/output error\); it was left as it is"):
        files.wrong(error, Path("a.parquet"))
    assert files.wrong(PermissionError(errno.EACCES, ""), Path("a.parquet")) == "cannot be read (Permission denied)"
