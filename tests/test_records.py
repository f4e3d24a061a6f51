"""Are records kept whole, read once each, and never trusted when damaged?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import nnexp
from nnexp import config, records
from nnexp.errors import UserError
from nnexp.net.training import train
from nnexp.plan import plan, stack


def made(seeds=3, **asked):
    runs = plan(config.check({"dataset": "xor", "steps": 5, "seeds": seeds, **asked})).runs
    whole = stack(runs)
    return runs, records.table(runs, whole, train(whole), seconds=1.5)


@pytest.fixture
def store(tmp_path):
    return records.Records(tmp_path / "runs")


def test_what_is_written_is_read_back_to_the_bit(store):
    runs, table = made()
    store.write(table)
    assert store.ids() == {run.id for run in runs}
    pd.testing.assert_frame_equal(store.read().to_pandas(), table.to_pandas(), check_exact=True)


def test_an_empty_folder_holds_no_records(store):
    assert store.ids() == set()
    assert store.read().num_rows == 0
    assert not store.root.exists()


def test_only_the_wanted_runs_and_columns_are_read(store):
    runs, table = made()
    store.write(table)
    read = store.read({runs[1].id}, ["J"])
    assert read.to_pydict() == {"run": [runs[1].id], "J": [table["J"][1].as_py()]}


def test_a_run_in_two_files_is_read_once(store):
    _, three = made(seeds=3)
    _, five = made(seeds=5)
    store.write(three)
    store.write(five)
    assert sorted(store.read()["run"].to_pylist()) == sorted(five["run"].to_pylist())


def test_a_half_written_file_is_never_read(store):
    _, table = made()
    store.write(table)
    (store.folder / ".next.parquet.123").write_bytes(b"PAR1 half of it")
    assert store.read().num_rows == table.num_rows


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"not a record", lambda whole: b""]
)
def test_a_damaged_file_is_set_aside_and_kept(store, damage):
    _, table = made()
    store.write(table)
    (file,) = store.folder.glob("*.parquet")
    file.write_bytes(damage(file.read_bytes()))
    kept = file.read_bytes()
    assert store.ids() == set()
    assert [aside.file.read_bytes() for aside in store.set_aside] == [kept]
    assert store.ids() == set()


def test_a_foreign_parquet_file_is_set_aside(store):
    _, table = made()
    store.write(table)
    pq.write_table(table.select(["J"]), store.folder / "foreign.parquet")
    assert store.ids() == set(table["run"].to_pylist())
    assert [aside.file.name for aside in store.set_aside] == ["foreign.damaged"]


def test_a_record_says_where_training_ended(store):
    runs, table = made(snapshots=2)
    row = table.slice(1, 1).to_pylist()[0]
    assert row["sizes"] == [2, 8, 1]
    assert row["curve_steps"] == [0, 1, 2, 3, 4, 5]
    assert row["snapshot_steps"] == [0, 5]
    assert row["snapshots"][-len(row["theta"]) :] == row["theta"]
    assert row["J"] == row["curve_J"][-1]
    assert (row["steps_taken"], row["gradient_evaluations"], row["status"]) == (5, 20, "finished")
    assert row["seconds"] == 0.5
    assert runs[1].init_seed == row["init_seed"] == 1


def test_a_diverged_run_says_its_step_and_no_optimum():
    _, table = made(loss="squared", activation="relu", step_size=1e6, steps=2000)
    row = table.to_pylist()[0]
    assert row["status"] == "diverged"
    assert 0 < row["diverged_at"] == row["steps_taken"] < 2000
    assert np.isnan([row["J"], row["train_loss"], *row["theta"]]).all()


def test_a_net_that_no_gradient_can_reach_says_so():
    _, table = made(activation="step")
    row = table.to_pylist()[0]
    assert (row["status"], row["steps_taken"]) == ("no_gradient", 0)
    assert np.isfinite(row["theta"]).all()
    assert "derivative is 0" in records.STATUS["no_gradient"]


def test_the_newest_sweep_of_a_name_is_found_with_all_its_jobs(store):
    def sweep(identity, name, created, runs):
        return records.SweepRecord(identity, name, "", created, [{"n": len(runs)}], runs)

    store.keep_sweep(sweep("old", "a", "2026-01-01", ["1"]))
    store.keep_sweep(sweep("new", "a", "2026-01-02", ["2", "3"]))
    store.keep_sweep(sweep("new", "a", "2026-01-03", ["3", "4"]))
    store.keep_sweep(sweep("other", "b", "2026-01-04", ["5"]))
    found = store.sweep("a")
    assert (found.id, found.runs, len(found.config)) == ("new", ["2", "3", "4"], 2)
    assert store.sweep().id == "other"
    assert store.sweep("old").runs == ["1"]
    with pytest.raises(UserError, match=r"no sweep c is on record.*on record: a, b"):
        store.sweep("c")


def test_the_folder_that_is_used_unless_one_is_given(tmp_path, monkeypatch):
    project, inside = tmp_path / "project", tmp_path / "project" / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    (project / "a" / "runs").mkdir()  # another program's, without records
    assert records.default_dir() == Path("runs")
    (project / "runs" / "records").mkdir(parents=True)
    assert records.default_dir() == project / "runs"
    assert records.Records().root == project / "runs"
    (project / "a" / "runs" / "records").mkdir()
    assert records.default_dir() == project / "a" / "runs"
    (inside / "runs").mkdir()
    assert records.default_dir() == Path("runs")


def test_notebooks_of_the_project_use_its_own_folder_from_the_start(tmp_path, monkeypatch):
    (tmp_path / "nnexp").mkdir()
    (tmp_path / "analysis").mkdir()
    monkeypatch.setattr(records, "__file__", str(tmp_path / "nnexp" / "records.py"))
    monkeypatch.chdir(tmp_path / "analysis")
    assert records.default_dir() == tmp_path / "runs"


def test_a_sweep_and_what_reads_it_use_the_same_folder(tmp_path, monkeypatch):
    (tmp_path / "runs" / "records").mkdir(parents=True)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    made = nnexp.sweep(name="above", dataset="xor", steps=3, seeds=1, backend={"where": "serial"})
    assert list(nnexp.load("above")["run"]) == list(made["run"])
    assert nnexp.why(made["run"][0])
    assert list(tmp_path.joinpath("sub").iterdir()) == []
