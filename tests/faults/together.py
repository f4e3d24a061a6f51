"""Sweeps at the same time: into one folder, into one MLflow store, and read while they are written."""

import shutil
import time

import nnexp
from faults import children
from faults.page import Row
from nnexp import config, pipeline
from nnexp.records import Records
from nnexp.tracking import store

TITLE = "Sweeps at the same time, and folders put together"
ONCE = "both end well, each run is trained, on record and in MLflow once"

OVERLAPPING = {"width": [3, 4], "name": "overlapping"}
SERIAL = {"where": "serial"}


def both(*sweeps):
    """Let sweeps that are under way end; fails where one does not end well, or says anything."""
    for sweep in sweeps:
        assert (sweep.end(), sweep.said) == (0, ""), sweep.said


def same_sweep(folder, backend=None):
    """The same sweep twice into a fresh folder, started at the same instant."""
    backend = backend or children.ASKED["backend"]
    both(*(children.start(folder, backend=backend) for _ in range(2)))
    children.left(folder)


def overlapping(folder, backend=None):
    """Two sweeps that have half of their runs in common, into a fresh folder."""
    backend = backend or children.ASKED["backend"]
    both(children.start(folder, backend=backend), children.start(folder, backend=backend, **OVERLAPPING))
    kept = Records(folder)
    for name in ("disturbed", "overlapping"):
        children.shown(folder, kept.sweep(name), alone=False)
    rows = children.rows_of(folder / "records")
    assert len(rows) == len(set(rows)) == 3 * 16, "a run was trained twice, or not at all"


def one_store(folder, backend=None):
    """Two sweeps into two folders, and both into one MLflow store that is not there yet."""
    backend = backend or children.ASKED["backend"]
    tracking = {"store": "mlflow", "uri": store.default_uri(folder / "store")}
    both(
        children.start(folder / "a", backend=backend, tracking=tracking),
        children.start(folder / "b", backend=backend, tracking=tracking, **OVERLAPPING),
    )
    for root, name in ((folder / "a", "disturbed"), (folder / "b", "overlapping")):
        children.shown(root, Records(root).sweep(name), tracking["uri"], alone=False)


def read_while_written(folder, backend=None):
    """Read a sweep again and again while it is written; how often, fails where a row is not whole or a run is gone again."""
    sweep, seen, times = children.start(folder, backend=backend or children.ASKED["backend"]), set(), 0
    while sweep.process.exitcode is None:
        if list(folder.glob("sweeps/*.json")):
            runs = nnexp.load("disturbed", runs_dir=folder, curves=True)
            assert seen <= set(runs["run"]), "a run is gone again"
            assert runs["run"].is_unique, "a run is there twice"
            assert all(len(steps) == len(J) > 0 for steps, J in zip(runs["curve_steps"], runs["curve_J"], strict=True))
            seen, times = set(runs["run"]), times + 1
        time.sleep(0.01)
    both(sweep)
    assert len(nnexp.load("disturbed", runs_dir=folder)) == 2 * 16
    return times


def merged(folder):
    """The records of two machines in one folder: all runs are known, and a sweep over all of them trains nothing."""
    both(
        children.start(folder / "a", backend=SERIAL),
        children.start(folder / "b", backend=SERIAL, **OVERLAPPING),
    )
    for each in ("records", "sweeps", "judgements"):
        for machine in ("a", "b"):
            shutil.copytree(folder / machine / each, folder / "both" / each, dirs_exist_ok=True)
    kept = Records(folder / "both")
    assert len(kept.ids()) == kept.read().num_rows == 3 * 16, "runs are lost, or read twice"
    done = nnexp.sync(runs_dir=folder / "both")
    assert len(done) == 2
    assert all(done.values()), "MLflow does not show what was put together"
    for name in ("disturbed", "overlapping"):
        children.shown(folder / "both", kept.sweep(name), alone=False)
    wanted = children.asked(folder / "both", width=[2, 3, 4], name="all", backend=SERIAL, tracking={"store": "none"})
    assert pipeline.run(config.check(wanted), config=wanted).trained == 0, "what is on record was trained again"


def _times(folder, scenario, times):
    """How often a scenario held, what it gave, and what was wrong."""
    held, given, wrong = 0, [], []
    for i in range(times):
        try:
            given.append(scenario(folder / f"{scenario.__name__}-{i}"))
            held += 1
        except AssertionError as error:
            wrong.append(" ".join(str(error).split())[:200])
    return held, given, "; ".join(dict.fromkeys(wrong))


def rows(folder):
    """The long form."""
    for done, scenario, times, must in (
        ("the same sweep twice, at the same instant, into a fresh folder", same_sweep, 8, ONCE),
        ("two sweeps with runs in common, into a fresh folder", overlapping, 6, ONCE),
        ("two sweeps from two folders into one fresh MLflow store", one_store, 6, ONCE),
    ):
        held, _, wrong = _times(folder, scenario, times)
        yield Row(done, times, must, held, wrong)
    held, reads, wrong = _times(folder, read_while_written, 4)
    must = "only whole rows, none twice, and none that is gone again"
    yield Row("a sweep read again and again while it is written", 4, must, held, wrong or f"read {sum(reads):,} times")
    held, _, wrong = _times(folder, merged, 2)
    must = "all runs are known once, nothing is trained again, MLflow shows all"
    yield Row("records of two folders with runs in common, copied into one", 2, must, held, wrong)
