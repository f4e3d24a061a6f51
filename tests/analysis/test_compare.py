"""Does `python -m analysis.compare` write and say what the records hold, and say in words what it cannot draw?"""

import contextlib
import functools
import io

import numpy as np
import pandas as pd
import pytest

import nnexp
from analysis import asked, compare, duel, pictures, tables
from nnexp.figures.pairing import pairs

FIGURES = {"overview", "distribution", "boundaries", "through_training", "curves", "gd_beside_sgd"}


@pytest.fixture(scope="session")
def compared(runs_dir):
    """The folder that a comparison wrote and what it said, each made once."""

    @functools.cache
    def of(name):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            compare.main([name, "--runs-dir", str(runs_dir)])
        return runs_dir / "analysis" / name, said.getvalue()

    return of


MISSING = {
    "moons": {},
    "single": {"through_training": "theta was not kept", "gd_beside_sgd": "optimizer=[gd,sgd]"},
    "regression": {},
    "diverged": {
        "boundaries": "every run diverged",
        "through_training": "none has a final J",
        "gd_beside_sgd": "optimizer=[gd,sgd]",
    },
    "steps": {"gd_beside_sgd": "optimizer=[gd,sgd]"},
    "many_dimensions": {"gd_beside_sgd": "optimizer=[gd,sgd]"},
    "one_run": {"gd_beside_sgd": "optimizer=[gd,sgd]"},
}


@pytest.mark.parametrize("name", MISSING)
def test_every_figure_is_made_or_it_is_said_why_not(compared, name):
    folder, said = compared(name)
    made = {file.stem for file in folder.glob("*.png")}
    assert made == FIGURES - set(MISSING[name])
    for stem in made:
        assert f"figure: {folder / stem}.png" in said
    for stem, reason in MISSING[name].items():
        line = next(line for line in said.splitlines() if line.startswith(f"no {stem}.png: "))
        assert reason in line


def test_the_table_holds_the_quantiles_over_seeds(compared, runs_dir):
    folder, said = compared("moons")
    table = pd.read_csv(folder / "distribution.csv")
    runs = nnexp.load("moons", runs_dir)
    assert len(table) == runs["configuration"].nunique() == 8
    for _, row in table.iterrows():
        J = np.sort(runs[runs["configuration"] == row["configuration"]]["J"])
        assert row[["best_J", "median_J", "worst_J"]].tolist() == pytest.approx([J[0], J[1], J[3]])
        best = runs[(runs["configuration"] == row["configuration"]) & (runs["seed"] == row["best_seed"])]
        assert best["J"].item() == J[0]
    assert table["median_J"].is_monotonic_increasing
    apart = (table["best_J"] < 0.99 * table["median_J"]).sum()
    assert f"In {apart} of 8 configurations the best seed's J lies more than 1% below the median's" in said


def test_pairs_are_counted_and_kept(compared, runs_dir):
    folder, said = compared("moons")
    found = pd.read_csv(folder / "gd_beside_sgd.csv")
    assert len(found) == 2 * 2 * 4
    lower = (found["J_sgd"] < found["J_gd"]).sum()
    assert f"SGD ends lower than GD in {lower} of 16 pairs" in said
    assert found["ratio"].to_numpy() == pytest.approx((found["J_sgd"] / found["J_gd"]).to_numpy())
    summary = duel.summary(pairs(nnexp.load("moons", runs_dir)))
    assert summary["pairs"].tolist() == [8, 8]
    assert summary["sgd_lower"].sum() == lower


def test_the_question_and_the_statuses_are_said(compared):
    assert "moons: who ends where?\n32 runs of 8 configurations: 32 finished.\n" in compared("moons")[1]
    assert "4 no gradient" in compared("steps")[1]
    said = compared("diverged")[1]
    assert "4 runs of 1 configuration: 4 diverged." in said
    assert "there is no spread over seeds to speak of" in said


def test_the_newest_sweep_is_compared_unasked(runs_dir, capsys, monkeypatch):
    monkeypatch.delenv("SWEEP", raising=False)
    compare.main(["--runs-dir", str(runs_dir)])
    assert capsys.readouterr().out.startswith("one_run: ")


@pytest.mark.parametrize(("given", "said"), [(["nosuch"], "no sweep nosuch is on record"), (["--nosuch"], "--nosuch")])
def test_a_wrong_argument_is_one_line_and_exit_code_2(runs_dir, given, said, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["compare", "--runs-dir", str(runs_dir), *given])
    with pytest.raises(SystemExit) as left:
        asked.door(compare.main)
    assert left.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_runs_that_are_not_on_record_yet_are_counted(runs_dir, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(pictures, "pictures", lambda runs: {})
    sweep = asked.read("moons", runs_dir)
    compare.compare(asked.Asked(sweep.record, sweep.runs.iloc[:10], tmp_path))
    assert "22 runs that were asked for are not on record yet" in capsys.readouterr().out


def test_a_sweep_without_any_run_on_record_is_refused(tmp_path):
    nnexp.sweep(name="gone", runs_dir=str(tmp_path), steps=0, seeds=1, backend={"where": "serial"})
    for file in (tmp_path / "records").glob("*.parquet"):
        file.unlink()
    with pytest.raises(nnexp.UserError, match="no run of the sweep gone is on record yet"):
        asked.read("gone", tmp_path)


def test_words_for_one_and_for_many():
    assert tables.count(1, "run") == "1 run"
    assert tables.count(1200, "run") == "1,200 runs"
