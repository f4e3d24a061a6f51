"""Does the command line compose every named sweep, and refuse what is wrong in one line, with nothing written?"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

import nnexp
from nnexp import config
from nnexp.__main__ import asked_for, conf_dir, help_text
from nnexp.parts import registry
from nnexp.plan import plan
from nnexp.tracking import store

ROOT = Path(nnexp.__file__).parents[1]
SWEEPS = sorted(
    file.relative_to(conf_dir() / "sweep").with_suffix("").as_posix() for file in conf_dir().glob("sweep/**/*.yaml")
)


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    command = [sys.executable, "-m", "nnexp", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def command(name):
    """What runs a named sweep: the lecture's belong to rows of the lecture."""
    row = re.match(r"lecture/l(\d+)_", name)
    return f"make lecture ROW=L{int(row[1])}" if row else f"make sweep SWEEP={name}"


@pytest.mark.parametrize("name", SWEEPS)
def test_every_named_sweep_composes_and_plans(name):
    asked = asked_for(f"sweep={name}")
    made = plan(config.check(asked))
    assert asked["name"] == name.replace("/", ".")
    crossed = made.sweep.init_seeds and len(made.sweep.init_seeds) * len(made.sweep.order_seeds)
    assert len(made.runs) == len(made.configurations) * (crossed or len(made.sweep.seeds))
    header = (conf_dir() / "sweep" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[:2]
    assert header == ["# @package _global_", f"# {command(name)}"]


def test_optima_asks_for_each_of_its_runs_once():
    made = plan(config.check(asked_for("sweep=optima")))
    linear = [c for c in made.configurations if c.depth == 1]
    assert (len(made.configurations), len(made.runs), len(linear)) == (104, 1664, 8)
    steps = {c.optimizer.name: c.steps for c in made.configurations}
    assert steps == {"gd": 2000, "sgd": 100 * 140}


def test_a_value_of_a_named_sweep_can_be_changed():
    made = plan(config.check(asked_for("sweep=optima", "optimizer=gd", "activation=relu", "seeds=[3]")))
    assert {(run.configuration.optimizer.name, run.init_seed) for run in made.runs} == {("gd", 3)}


def test_help_lists_every_key_and_part():
    text = help_text()
    for kind in registry.MODULES:
        assert all(name in text for name in registry.known(kind))
    assert all(key in text for key in config.Sweep.model_fields)


BAD = [
    (["depht=3"], "did you mean depth?"),
    (["activation=tnah"], "did you mean tanh?"),
    (["activation=[tanh,tnah]"], "did you mean tanh?"),
    (["activation=null"], "leaves no activation"),
    (["sweep=optma"], "did you mean optima?"),
    (["optimizer=sgd", "optimizer.sgd.bach=3"], "batch_size"),
    (["optimizer.sgd.batch_size=3"], "say optimizer=sgd as well"),
    (["curve_points=[1,2]"], "curve_points"),
    (["step_size=-1"], "step_size=-1"),
    (["width=0"], "width=0"),
    (["depth=[1,"], "nnexp: "),
    (["depth"], "nnexp: "),
    (["depth=1,2"], "nnexp: "),
    (["--no-such-flag"], "--no-such-flag is no flag"),
    (["--config-dir", "nowhere"], "no such folder"),
    (["dataset=diabetes", "loss=nll"], "use: squared"),
    (["dataset=iris", "loss=nll"], "softmax_nll"),
    (["output=tanh"], "allowed: sigmoid"),
    (["dataset=table"], "dataset.table.path"),
    (["dataset=table", "dataset.table.path=no.csv", "dataset.table.target=y"], "there is no such file"),
    (["dataset=table", "dataset.table.path=my.csv", "dataset.table.target=labl"], "did you mean label?"),
    (["dataset=table", "dataset.table.path=gap.csv", "dataset.table.target=label"], "row 2 of column b"),
    (["dataset=table", "dataset.table.path=word.csv", "dataset.table.target=label"], "cell 'x' in row 2 of column b"),
    (["features=steps", "features.steps.w=[[1,2,3]]", "features.steps.w0=[1]"], "2 numbers"),
    (["-m", "depth=1,2", "activation=tanh,tnah"], "did you mean tanh?"),
    (["seeds=1", "-m", "depth=1,2"], "put flags first"),
    (["optimizer=5"], "known: adam"),
    (["backend=serial", "backend.workers=3"], "has no effect"),
    (["backend=dask", "backend.dask.scheduler=tcp://127.0.0.1:1"], "nothing answers at tcp://127.0.0.1:1"),
    (["backend=ray", "backend.ray.address=127.0.0.1:1"], "nothing answers at 127.0.0.1:1"),
    (["backend=dask", "backend.dask.scheduler=nonsense"], "backend.dask.scheduler"),
    (["backend.dask.scheduler=tcp://127.0.0.1:1"], "has no effect"),
    (["-m", "depth=1,2", "backend=dask", "backend.dask.scheduler=tcp://127.0.0.1:1"], "nothing answers"),
    (["runs_dir=/dev/null"], "cannot be written"),
    (["tracking.uri=nonsense://x"], "tracking.uri"),
    (["sweep=optima", "passes=5"], "say pairs=[] as well"),
    (["sweep=optima", "steps=5"], "say pairs=[] as well"),
    (["dataset=go_for_a_run", "features=polynomial", "features.polynomial.order=198"], "too large"),
    (["dataset=table", "dataset.table.path=extra.csv", "dataset.table.target=label"], "the header has 3 names"),
    (
        ["dataset=table", "dataset.table.path=my.csv", "dataset.table.target=label", "dataset.table.ignore=[c]"],
        "known: a, b",
    ),
    (["-m", "depth=1,0"], "depth=0"),
    (["--multi", "depth=1,0"], "depth=0"),
    (["-m", "optimizer=gd,sgd", "optimizer.sgd.batch_size=2"], 'say "optimizer=[gd,sgd]"'),
    (["-m", "activation=glob(zz*)"], "gives no value"),
    (["hydra.job.chdir=true", "hydra.run.dir=o1"], "hydra.job.chdir=true is not supported"),
    (["-m", "depth=1,2", "hydra.job.chdir=true"], "hydra.job.chdir=true is not supported"),
    (["-m", "depth=1,2", "hydra.sweep.dir=o2"], "say runs_dir=FOLDER"),
    (["-m", "--cfg", "job"], "--multirun and --cfg exclude each other"),
    (["--experimental-rerun=x"], "no job is pickled"),
    (["-sc", "install=csh"], "SHELL is bash, zsh or fish"),
    (
        ["step_size=${oc.env:NO_SUCH_NAME}"],
        "step_size cannot be resolved: \"Environment variable 'NO_SUCH_NAME' not found",
    ),
    (["dataset=table", "dataset.table.path=~/(1).csv", "dataset.table.target=género"], "there is no such file"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_line_exit_2_and_nothing_written(tmp_path, arguments, said):
    (tmp_path / "my.csv").write_text("a,b,label\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
    (tmp_path / "extra.csv").write_text("a,b,label\n1,2,0,9\n3,4,1,9\n")
    (tmp_path / "gap.csv").write_text("a,b,label\n1,2,0\n3,,1\n5,6,0\n7,8,1\n")
    (tmp_path / "word.csv").write_text("a,b,label\n1,2,0\n3,x,1\n5,6,0\n7,8,1\n")
    before = sorted(tmp_path.rglob("*"))
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("nnexp: ")
    assert said in done.stderr
    assert done.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


OTHER_WORDS = [
    ("learning_rate=0.1", "it is step_size here"),
    ("lr=0.1", "it is step_size here"),
    ("eta=0.1", "it is step_size here"),
    ("epochs=3", "it is passes here"),
    ("batch_size=4", "it is optimizer.sgd.batch_size here"),
    ("hidden_layer_sizes=[4,4]", "it is widths here"),
    ("weight_decay=0.1", "it is l2 here"),
    ("alpha=0.1", "it is l2 here"),
    ("bias=false", "it is offsets here"),
    ("momentum=0.9", "it is optimizer=momentum here"),
    ("loss=mse", "it is squared here"),
    ("loss=cross_entropy", "it is nll (two classes) or softmax_nll here"),
    ("loss=log_loss", "it is nll (two classes) or softmax_nll here"),
    ("loss=bce", "it is nll here"),
    ("activation=logistic", "it is sigmoid here"),
    ("optimizer=SGD", "did you mean sgd?"),
    ("optimizer.batch_size=4", "known: optimizer.sgd.batch_size, "),
    ("dataset.path=my.csv", "known: dataset.table.path"),
]


@pytest.mark.parametrize(("argument", "said"), OTHER_WORDS)
def test_the_words_of_other_programs_are_answered_with_the_words_used_here(argument, said):
    with pytest.raises(nnexp.UserError) as refused:
        config.check(asked_for(argument))
    assert said in str(refused.value)


def test_numbers_from_the_environment_are_numbers(monkeypatch):
    for name, value in {"LR": "0.25", "N": "3", "L": "[0.1, 1e-3]", "B": "false", "J": "null", "X": "abc"}.items():
        monkeypatch.setenv(name, value)
    words = ["step_size=[${oc.env:LR},0.5]", "seeds=${oc.env:N}", "l2=${oc.env:L}", "offsets=${oc.env:B}"]
    words += ["judge=${oc.env:J}", "optimizer=sgd", "optimizer.sgd.batch_size=${oc.env:N}", "question=${oc.env:N}"]
    sweep = config.check(asked_for(*words, "depth=${oc.decode:${oc.env:N}}"))
    assert (sweep.step_size, sweep.seeds, sweep.l2, sweep.depth) == ((0.25, 0.5), (0, 1, 2), (0.1, 0.001), (3,))
    assert (sweep.offsets, sweep.judge, sweep.optimizer[0].batch_size, sweep.question) == ((False,), None, 3, "3")
    with pytest.raises(nnexp.UserError, match="step_size='abc' cannot be used: it should be a number"):
        config.check(asked_for("step_size=${oc.env:X}"))


@pytest.mark.parametrize(
    ("words", "column", "values"),
    [
        (["activation=glob(t*)"], "activation", ["tanh"]),
        (["dataset=table", "dataset.table.path=${hydra:runtime.cwd}/é.csv", "dataset.table.target=y"], "depth", [2]),
        (["question=job ${hydra:job.num}"], "depth", [2]),
    ],
    ids=["glob", "cwd", "job.num"],
)
def test_what_hydra_knows_within_its_jobs_is_known_when_they_are_planned(tmp_path, words, column, values):
    (tmp_path / "é.csv").write_text("a,y\n" + "1,0\n2,1\n" * 9)
    small = ["dataset=xor", "width=2,3", "seeds=2", "steps=2", "tracking=none", "backend=serial", "name=jobs"]
    done = run(tmp_path, "-m", *small, "runs_dir=runs (1) é", *words)
    assert done.returncode == 0, done.stderr
    runs = nnexp.load("jobs", runs_dir=tmp_path / "runs (1) é")
    assert sorted(set(runs["width"])) == [2, 3]
    assert sorted(set(runs[column])) == values


def test_the_versions_are_told_in_one_line(tmp_path):
    said = run(tmp_path, "--version").stdout
    assert re.fullmatch(rf"nnexp {re.escape(nnexp.__version__)} \(Hydra 1\.3\.\d+, Python [\d.]+\)\n", said)


def test_help_begins_with_how_it_is_used():
    assert help_text().startswith("Train sweeps of small feed-forward nets from the command line")
    assert "optimizer    adam, gd" in help_text()


COMPLETED = """
eval "$(nnexp -sc install=bash)"
complete -p nnexp
for COMP_LINE in "nnexp dep" "nnexp activation=re" \\
    'nnexp "depth=[1,2]" until="unseen < 1" question=é wid' "nnexp depth=[1, st"; do
    COMP_WORDS=($COMP_LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    hydra_bash_completion
    echo "${COMPREPLY[*]}"
done
eval "$(nnexp -sc uninstall=bash)"
complete -p nnexp 2> /dev/null || echo gone
"""


def test_completion_is_installed_completes_keys_and_options_and_goes_again(tmp_path):
    command = tmp_path / "nnexp"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m nnexp "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", COMPLETED], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    rule, *completed, end = done.stdout.splitlines()
    assert rule.endswith("-F hydra_bash_completion nnexp")
    assert completed == ["depth=", "activation=relu", "width= widths=", "step_size= steps= stopping. stopping="]
    assert end == "gone"
    assert done.stderr == ""
    for shell in ("zsh", "fish"):
        assert "nnexp" in run(tmp_path, "-sc", f"install={shell}").stdout


def test_a_sweep_ends_with_a_table_and_the_next_commands(tmp_path):
    done = run(tmp_path, "dataset=xor", "width=2", "step_size=[0.5,1e9]", "loss=squared", "activation=relu", "seeds=3")
    assert done.returncode == 0
    assert done.stderr == ""
    for words in (
        "2 configurations, 6 runs, 6 to train",
        "median",
        "diverged: step size 1000000000; seeds 0 (step",
        "next:",
    ):
        assert words in done.stdout
    again = run(tmp_path, "dataset=xor", "width=2", "step_size=[0.5,1e9]", "loss=squared", "activation=relu", "seeds=3")
    assert "nothing is trained" in again.stdout
    assert "entries" not in again.stdout


def test_jobs_of_a_multirun_are_one_sweep(tmp_path):
    done = run(tmp_path, "-m", "dataset=xor", "depth=1,2", "seeds=2,3", "steps=5", "backend=serial", "name=jobs")
    assert done.returncode == 0, done.stderr
    jobs = [json.loads(file.read_text()) for file in tmp_path.glob("runs/sweeps/*.json")]
    assert len({job["id"] for job in jobs}) == 1
    assert {len(job["runs"]) for job in jobs} == {2, 3}
    runs = nnexp.load("jobs", runs_dir=tmp_path / "runs")
    assert sorted(runs["depth"]) == [1, 1, 1, 2, 2, 2]
    client = MlflowClient(store.default_uri(tmp_path / "runs"))
    entries = client.search_runs(
        [client.get_experiment_by_name("jobs").experiment_id], f"tags.sweep = '{jobs[0]['id']}'"
    )
    levels = [entry.data.tags["level"] for entry in entries]
    assert (levels.count("sweep"), levels.count("configuration")) == (1, 2)
    assert {entry.info.status for entry in entries} == {"FINISHED"}
    run(tmp_path, "-m", "dataset=xor", "depth=1,2", "seeds=2,3", "steps=5", "backend=serial", "name=jobs")
    again = client.search_runs([client.get_experiment_by_name("jobs").experiment_id])
    assert sorted(entry.info.run_id for entry in again) == sorted(entry.info.run_id for entry in entries)


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(tmp_path):
    asked = ["dataset=xor", "width=[2,3,4,5,6,7]", "steps=20000", "seeds=40", "tracking=none"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "nnexp", *asked]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  background jobs start deaf to Ctrl-C
    started = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True, preexec_fn=heed, **pipes)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("runs/records/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert started.returncode == 130
    assert said.strip() == "stopped; what is done is on record, and the same command goes on from there"
    assert len(nnexp.load(runs_dir=tmp_path / "runs")) > 0


def test_a_users_own_configs_lie_over_the_packaged_ones(tmp_path):
    mine = tmp_path / "mine"
    (mine / "sweep").mkdir(parents=True)
    (mine / "sweep" / "short.yaml").write_text("# @package _global_\ndepth: 1\nsteps: 3\nseeds: 2\n")
    (mine / "dataset").mkdir()
    (mine / "dataset" / "two_moons.yaml").write_text(
        "two_moons: {examples: 20, noise: 0.0, test_share: 0.5, seed: 4}\n"
    )
    done = run(tmp_path, "--config-dir", "mine", "sweep=short", "tracking=none", "backend=serial")
    assert done.returncode == 0, done.stderr
    runs = nnexp.load("short", runs_dir=tmp_path / "runs")
    assert set(runs["dataset.two_moons.examples"]) == {20}
    assert "short" in run(tmp_path, "--config-dir", "mine", "sweep=shrot").stderr


def test_the_users_own_table_is_trained_on(tmp_path):
    rows = "\n".join(f"{i % 7},{'red' if i % 3 else 'blue'},{'yes' if i % 7 > 3 else 'no'}" for i in range(60))
    (tmp_path / "my data.csv").write_text(f"size,color,bought\n{rows}\n")
    table = ["dataset=table", "dataset.table.path='my data.csv'", "dataset.table.target=bought"]
    done = run(tmp_path, *table, "seeds=2", "tracking=none", "backend=serial")
    assert done.returncode == 0, done.stderr
    runs = nnexp.load(runs_dir=tmp_path / "runs")
    assert (runs["train_error"] == 0).all()
    assert runs["sizes"].iloc[0].tolist() == [3, 8, 1]
