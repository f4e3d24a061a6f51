"""Are values that random and malicious inputs found refused in one line, with nothing written? Each was a fault once."""

import numpy as np
import pandas as pd
import pytest

import nnexp
from nnexp import frames
from nnexp.__main__ import asked_for, main
from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.records import Records
from nnexp.tracking import page


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"runs_dir": "~/runs"}, "runs_dir=~/runs begins with ~"),
        ({"tracking": {"uri": "sqlite"}}, "tracking.uri"),
        ({"tracking": {"uri": "http://"}}, "tracking.uri"),
        ({"initializer": {"log_uniform": {"least": 2.0, "most": 1.0}}}, "least=2 is more than most=1"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_and_nothing_is_written(tmp_path, monkeypatch, asked, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=says) as refused:
        nnexp.sweep(**{"dataset": "xor", "seeds": 2, "steps": 5, **asked})
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_flags_that_hydra_does_not_understand_are_refused_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["nnexp", "--config-dir"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("see --help")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_looks_like_the_address_of_another_machine_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = nnexp.sweep(dataset="xor", seeds=2, steps=5, runs_dir="host:runs", backend="serial", tracking="none")
    assert nnexp.load(runs_dir="host:runs")["run"].tolist() == runs["run"].tolist()


@pytest.mark.parametrize("run", [None, 7, b"x", ["a"]])
def test_what_is_no_id_is_refused(tmp_path, run):
    with pytest.raises(UserError, match="is no id; give the id of a run"):
        frames.one(run, tmp_path)


@pytest.mark.parametrize("row", [None, 3, "abc", {"run": "x"}, pd.Series({"run": "x"})])
def test_what_is_no_row_of_a_run_is_refused(row):
    with pytest.raises(UserError, match="this is no row of a run"):
        nnexp.recall(row)


@pytest.mark.parametrize("name", [5, ["a"], b"x"])
def test_what_is_no_name_of_a_sweep_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="is no name; give the name or the id of a sweep"):
        Records(tmp_path).sweep(name)


def test_a_table_of_bytes_and_a_folder_are_no_data_set(tmp_path):
    bad = tmp_path / "bytes.parquet"
    pd.DataFrame({"x": [b"a", b"b", b"c"] * 4, "label": [0, 1, 0] * 4}).to_parquet(bad)
    for path, says in (
        (bad, "column x holds lists, records, durations or bytes"),
        (tmp_path, "there is no such file"),
    ):
        made = registry.make("dataset", "table", {"path": str(path), "target": "label"})
        with pytest.raises(UserError, match=says):
            made.load()


def test_tables_of_values_of_several_kinds_can_be_kept():
    mixed = pd.DataFrame({"W": [[1.0], None, "x"], "n": [1, 2, 3], "text": ["a", "b", None]}).astype({"W": object})
    plain = page._plain(mixed)
    assert plain["W"].dropna().tolist() == ["[1.0]", "x"]
    assert plain["n"].tolist() == [1, 2, 3]
    assert page._csv(plain)
    assert plain.to_parquet(index=False)


def test_a_sweep_that_would_plan_too_much_is_refused_with_a_number():
    axis = str([float(value) for value in np.linspace(0.01, 1.0, 200)]).replace(" ", "")
    asked = asked_for(f"step_size={axis}", f"l2={axis}", f"l1={axis}", "seeds=4096")
    with pytest.raises(UserError, match=r"\d"):
        nnexp.sweep(**{**asked, "tracking": {"store": "none"}})
