"""Is every endpoint judged once, kept beside its record, and judged again only by another judge?"""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

import nnexp
from nnexp import config, judging, pipeline, terminal
from nnexp.config import Backend
from nnexp.errors import UserError
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.records import Records

SMALL = {"dataset": "xor", "width": 2, "steps": 50, "step_size": 1.0, "seeds": 5, "l2": 0.01, "penalize_offsets": True}
SERIAL = Backend(where="serial")


@pytest.fixture
def judged(monkeypatch):
    """How many runs the judge was asked about, call by call."""
    asked, judge = [], judging.judge

    def counting(objective, theta, *rest):
        asked.append(len(theta))
        return judge(objective, theta, *rest)

    monkeypatch.setattr(judging, "judge", counting)
    return asked


def sweep(tmp_path, **asked):
    return nnexp.sweep(**SMALL | {"backend": "serial", "runs_dir": str(tmp_path)} | asked)


def test_a_sweep_has_its_verdicts_and_where_the_polish_landed(tmp_path):
    runs = sweep(tmp_path)
    assert set(runs["endpoint"]) <= set(VERDICTS)
    run = nnexp.recall(runs.iloc[0])
    landed = np.array(runs["polished_theta"][0])
    assert run.value(landed) == pytest.approx(runs["polished_J"][0], rel=1e-14)
    assert runs["polished_J"][0] <= runs["J"][0]
    assert np.linalg.norm(landed - run.theta) == pytest.approx(runs["moved"][0], rel=1e-9)
    assert np.linalg.norm(run.gradient()) == pytest.approx(runs["stopped_gradient_norm"][0], rel=1e-9)
    assert np.linalg.eigvalsh(run.hessian(landed))[0] == pytest.approx(runs["least_eigenvalue"][0], rel=1e-9)


def test_nothing_is_judged_twice_and_what_another_sweep_judged_counts(tmp_path, judged):
    sweep(tmp_path)
    assert sum(judged) == 5
    sweep(tmp_path, seeds=7)
    assert sum(judged) == 7
    sweep(tmp_path, seeds=3)
    assert sum(judged) == 7


def test_another_judge_judges_again_without_training(tmp_path, monkeypatch, judged):
    before = sweep(tmp_path)
    monkeypatch.setattr(judging, "SCHEMA", judging.SCHEMA.with_metadata({"nnexp.judge": "of tomorrow"}))
    monkeypatch.setattr(pipeline, "_train", lambda missing, sweep: pytest.fail("trained again") if missing else [])
    after = sweep(tmp_path)
    assert sum(judged) == 10
    assert list(after["endpoint"]) == list(before["endpoint"])
    assert not list(tmp_path.rglob("*.damaged"))


def test_a_damaged_judgement_is_set_aside_and_made_again(tmp_path, judged):
    before = sweep(tmp_path)
    (file,) = (tmp_path / "judgements").glob("*.parquet")
    file.write_bytes(b"PAR1 and no more")
    after = sweep(tmp_path)
    assert sum(judged) == 10
    assert list(after["polished_J"]) == list(before["polished_J"])
    assert file.with_suffix(".damaged").exists()


def test_large_nets_are_judged_when_asked_and_small_ones_unless_not(tmp_path, judged):
    large = {"width": 32, "steps": 1, "seeds": 1}  # 2-32-1 has 129 parameters
    assert sweep(tmp_path, **large)["endpoint"].isna().all()
    assert sweep(tmp_path, **large | {"width": 31})["endpoint"].notna().all()
    assert sweep(tmp_path, **large, judge=True)["endpoint"].notna().all()
    assert sweep(tmp_path, judge=False)["endpoint"].isna().all()
    assert sum(judged) == 2


def test_nets_on_many_examples_are_judged_when_asked(tmp_path, judged, monkeypatch):
    monkeypatch.setattr(judging, "MOST_EXAMPLES", 3)
    assert sweep(tmp_path)["endpoint"].isna().all()
    assert sweep(tmp_path, judge=True)["endpoint"].notna().all()
    assert sum(judged) == 5


def test_a_run_is_judged_alike_alone_and_among_others_of_other_penalties(tmp_path):
    every = sweep(tmp_path / "all", l2=[0.0, 0.01], step_size=[0.3, 1.0], initializer=["glorot", "normal"])
    chosen = {"l2": 0.01, "step_size": 1.0, "initializer": "normal", "seeds": [3]}
    alone = sweep(tmp_path / "alone", **chosen).iloc[0]
    same = every.set_index("run").loc[alone["run"]]
    for name in judging.SCHEMA.names:
        if name != "run":
            assert np.array_equal(np.asarray(same[name]), np.asarray(alone[name]), equal_nan=name in judging.NUMBERS), (
                name
            )


def test_diverged_runs_and_those_without_gradient_have_a_verdict_and_no_numbers(tmp_path):
    runs = sweep(tmp_path, activation=["step", "relu"], step_size=1e9, loss="squared", seeds=2)
    by = dict(zip(runs["activation"], runs["endpoint"], strict=True))
    assert by["step"] == "no gradient"
    diverged = runs[runs["status"] == "diverged"]
    assert len(diverged)
    assert (diverged["endpoint"] == "diverged").all()
    assert diverged["gradient_norm"].isna().all()


def test_data_that_changed_are_not_judged(tmp_path, judged):
    """The objective of the record cannot be had any more, so nothing is said of it."""
    table = tmp_path / "points.csv"
    table.write_text("x,y\n" + "\n".join(f"{i / 2},{i % 2}" for i in range(20)))
    asked = {"dataset": {"table": {"path": str(table), "target": "y"}}, "seeds": 2, "judge": False}
    runs = sweep(tmp_path, **asked)
    table.write_text("x,y\n" + "\n".join(f"{i / 2},{i % 2}" for i in range(30)))
    store = Records(tmp_path)
    assert judging.judge_runs(store, list(runs["run"]), SERIAL) == 0
    assert not judged


def test_the_command_judges_a_recorded_sweep_and_says_why_a_run_ended_there(tmp_path):
    runs = sweep(tmp_path, name="small", judge=False)

    def command(*arguments):
        line = [sys.executable, "-m", "nnexp.judging", *arguments, "--runs-dir", str(tmp_path)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    done = command("small")
    assert done.returncode == 0, done.stderr
    assert "5 of 5 runs judged now" in done.stdout
    assert "0 of 5 runs judged now" in command("small").stdout
    said = command("--run", runs["run"][0])
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.split()) > 20
    for wrong, says in (
        (("huge",), "no sweep huge"),
        (("--run", "0123456789abcdef"), "no run 0123456789abcdef"),
        (("small", "--run", runs["run"][0]), "leave out small"),
        (("--size", "3"), "unrecognized arguments"),
    ):
        refused = command(*wrong)
        assert refused.returncode == 2
        assert says in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_every_column_is_one_that_the_judge_knows():
    judged = judging.Judged.__dataclass_fields__
    for name in (*judging.NUMBERS, *judging.COUNTS):
        assert name in judged
    assert pa.types.is_list(judging.SCHEMA.field("polished_theta").type)


def test_seeds_are_doubled_until_what_is_unseen_is_improbable(tmp_path):
    """With n seeds, none of which stands alone, the bound is 1 - .05^(1/n): below .05 from 59 seeds on, so with 64."""
    xor = {"seeds": 16, "steps": 500, "until": "unseen < 0.05", "width": 1}
    runs = sweep(tmp_path, **xor)
    assert list(runs["seed"]) == list(range(64))
    asked = config.check(SMALL | xor | {"backend": "serial", "runs_dir": str(tmp_path), "tracking": "none"})
    assert pipeline.run(asked, config={}).trained == 0
    assert len(sweep(tmp_path, **xor | {"until": "unseen < 0.001"}, most_seeds=70)) == 70


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"until": "unseen < 1"}, "unseen < 0.01"),
        ({"until": "seen < 0.1"}, "unseen < 0.01"),
        ({"until": "unseen < 0.1", "seeds": [3, 17]}, "seeds=64"),
        ({"until": "unseen < 0.1", "judge": False}, "judge=false"),
        ({"until": "unseen < 0.1", "init_seeds": 2, "order_seeds": 2}, "seeds=64"),
        ({"judge": "maybe"}, "judge"),
        ({"most_seeds": 0}, "most_seeds"),
        ({"until": "unseen < 0.1", "seeds": 16, "most_seeds": 4}, "most_seeds=4"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(tmp_path, asked, says):
    with pytest.raises(UserError, match=says):
        sweep(tmp_path / "runs", **asked)
    assert not (tmp_path / "runs").exists()


def test_why_names_the_optimum_among_those_known(tmp_path):
    runs = sweep(tmp_path, steps=2000, seeds=12)
    said = nnexp.why(runs["run"][0], tmp_path)
    alike = int(np.isclose(runs["polished_J"], runs["polished_J"][0], rtol=1e-9).sum())
    assert f"reached by {alike} of 12 seeds" in said


def test_how_far_the_seeds_got_is_said(tmp_path, capsys):
    """Reached, not reached with all that are allowed, and nothing to count."""

    def said(**asked):
        asked = SMALL | {"backend": "serial", "tracking": "none", "runs_dir": str(tmp_path), "width": 1} | asked
        terminal.report(pipeline.run(config.check(asked), config=asked))
        return " ".join(capsys.readouterr().out.split())

    assert "from 64 seeds; the next seed shows a new one with probability" in said(
        seeds=16, steps=500, until="unseen < 0.05"
    )
    assert "not below 0.001; try most_seeds=40" in said(seeds=16, steps=500, until="unseen < 0.001", most_seeds=20)
    flat = {"l2": 0.0, "penalize_offsets": False, "loss": "nll", "width": 2}
    assert "none of 4 seeds ends at an optimum" in said(seeds=4, steps=5, until="unseen < 0.5", most_seeds=4, **flat)
