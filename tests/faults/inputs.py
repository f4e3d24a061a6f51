"""Hostile inputs through every door: each either runs, whole, or is refused in one line with nothing written."""

import contextlib
import io
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import nnexp
from faults import hostile, hostile_tables, page
from nnexp import UserError
from nnexp.__main__ import main
from nnexp.errors import LONGEST

TITLE = "Hostile inputs"
SECONDS, GIB = 30, 8
"""What one input may take, by the clock and of memory."""

SYNCED = 25
"""One in so many of what ran is shown in MLflow too."""


SAME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Hang(BaseException):
    """Something took longer than it may."""


@contextlib.contextmanager
def within(seconds=SECONDS):
    """Raise Hang where what is done within does not end in time."""

    def ring(*_):
        raise Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tree(folder):
    """Everything below a folder, with its size and time of change."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            seen = os.lstat(os.path.join(place, name))
            found[os.path.join(place, name)] = (seen.st_size, seen.st_mtime_ns) if name in files else None
    return found


@contextlib.contextmanager
def standing_in(folder):
    """The working directory, for a while, beside which another stands that nothing may touch."""
    (folder / "work").mkdir()
    (folder / "neighbour").mkdir()
    (folder / "neighbour" / "theirs.csv").write_text("a,y\n1,0\n2,1\n")
    before = os.getcwd()
    os.chdir(folder / "work")
    try:
        yield
    finally:
        os.chdir(before)


def refused(line):
    """What is wrong with the line of a refusal; nothing where nothing is."""
    if "\n" in line or not line.isprintable():
        return f"a refusal of several lines: {line[:200]!r}"
    return "a refusal without end" if len(line) > LONGEST + 50 else "an empty refusal" if len(line) < 10 else ""


def through_python(asked):
    """`nnexp.sweep`: what came of it, ran or refused, and what is wrong with that."""
    try:
        runs = nnexp.sweep(**asked)
    except UserError as error:
        return "refused", refused(str(error))
    return "ran", whole(runs)


def through_the_line(words):
    """The command line, in this process: the same."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["nnexp", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        code = 0
    except SystemExit as left:
        code = left.code
    finally:
        sys.argv = before
    said = err.getvalue()
    if code == 2:
        line = said.removesuffix("\n")
        wrong = "" if line.startswith("nnexp: ") and not out.getvalue() else f"exit 2, and said {said[:200]!r}"
        return "refused", wrong or refused(line)
    return "ran", f"exit {code}" if code else f"on standard error: {said[:200]!r}" if said else ""


def whole(runs):
    """What is wrong with the runs of a sweep: finished ones are finite, and the others say what they are."""
    if not len(runs):
        return "no run at all"
    odd = set(runs["status"]) - {"finished", "diverged", "no_gradient"}
    ended = runs[runs["status"] == "finished"]
    if odd or not runs["run"].is_unique:
        return f"strange runs: {odd}"
    if not np.isfinite(ended["J"]).all() or not all(np.isfinite(theta).all() for theta in ended["theta"]):
        return "a finished run that is not finite"
    row = runs.iloc[0]
    again = nnexp.recall(row)
    known = row["status"] == "diverged" or np.isclose(again.value(), row["J"], rtol=1e-9, equal_nan=True)
    return "" if known else f"J is {row['J']} on record and {again.value()} again"


def on_record(runs_dir):
    """What is wrong with what a sweep left: it loads, and nothing half-written lies there."""
    loaded = nnexp.load(runs_dir=runs_dir)
    left = [p.name for p in Path(runs_dir).rglob(".*") if not p.name.endswith(".lock")]
    return whole(loaded) or (f"left behind: {left}" if left else "")


def tried(door, asked, folder, table=None, sync=False):
    """What came of one input: (ran or refused, or fault; what is wrong)."""
    with tempfile.TemporaryDirectory(dir=folder) as made, standing_in(Path(made)):
        if isinstance(table, bytes):
            Path(asked["dataset"]["table"]["path"]).write_bytes(table)
        elif table is not None:
            table(Path(asked["dataset"]["table"]["path"]))
        before = tree(made)
        try:
            with within(), warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                came, wrong = door(asked)
                if came == "ran" and not wrong and (Path("runs/sweeps").is_dir()):
                    wrong = on_record("runs") or ((sync and shown()) or "")
        except (Hang, Exception) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            return "fault", f"{type(error).__name__}: {str(error)[:150]} ({Path(last.filename).name}:{last.lineno})"
        loud = [
            w for w in warned if issubclass(w.category, RuntimeWarning | UserWarning) and "mlflow" not in w.filename
        ]
        changed = {
            place for place in before.keys() | tree(made).keys() if before.get(place, 0) != tree(made).get(place, 0)
        }
        if came == "refused" and changed:
            wrong = f"refused, and wrote {sorted(changed)[:3]}"
        if any("neighbour" in place.split("/") for place in changed):
            wrong = f"touched its neighbour: {sorted(changed)[:3]}"
        if loud and not wrong:
            wrong = f"warned: {loud[0].category.__name__}: {str(loud[0].message)[:120]} ({loud[0].filename.rpartition('/')[2]})"
    return ("fault", wrong) if wrong else (came, "")


def shown():
    """What is wrong with the sweep on record once MLflow is to show it."""
    name = json.loads(next(Path("runs/sweeps").glob("*.json")).read_text())["id"]
    first, again = nnexp.sync(name), nnexp.sync(name)
    return "" if all(first.values()) and not any(again.values()) else f"not shown: {first}, {again}"


PYTHON = {
    "numbers": hostile.numbers(),
    "names": hostile.names(),
    "parameters of parts": hostile.parameters(),
    "data sets": hostile.data(),
    "extremes that are allowed": hostile.extremes(),
    "axes, years of work, combinations": hostile.axes(),
    "folders, stores, workers": hostile.places(),
}
LINES = {
    "words of any kind": st.lists(hostile.WORDS, min_size=1, max_size=2),
    "the same configs, in words": st.one_of(*PYTHON.values()).map(hostile.words),
}
SMALL = hostile.BASE


def cases(kind, times):
    """So many inputs of a kind, the same every time, each with its door: (door, asked, table)."""
    if kind == "odd files":
        return [(through_python, {**SMALL, **_table(name)}, make) for name, make in hostile_tables.FILES.values()][
            :times
        ]
    drawn = []
    base = [f"{key}={value}" for key, value in {**SMALL, "tracking": "none"}.items()]

    @settings(SAME, max_examples=times)
    @given(hostile_tables.tables() if kind == "tables" else {**PYTHON, **LINES}[kind])
    def draw(case):
        if kind == "tables":
            content, asked = case
            drawn.append((through_python, {**SMALL, **asked}, content))
        elif kind in LINES:
            flags = [word for word in case if word.startswith("-")]
            drawn.append((through_the_line, [*flags, *base, *(word for word in case if word not in flags)], None))
        else:
            drawn.append((through_python, {**SMALL, **case}, None))

    draw()
    return drawn


def _table(name):
    return {"dataset": {"table": {"path": name, "target": "y"}}, "loss": "squared"}


def several(kind, times, folder, share=(0, 1)):
    """Try so many inputs of a kind, or every second of them; gives (ran, refused, [faults])."""
    begin, step = share
    seen, faults = Counter(), []
    for place, (door, asked, table) in list(enumerate(cases(kind, times)))[begin::step]:
        start = time.perf_counter()
        came, wrong = tried(door, asked, folder, table, sync=place % SYNCED == 0)
        seen[came] += 1
        if wrong:
            faults.append(f"{_short(asked)}: {wrong} [{time.perf_counter() - start:.1f} s]")
    return seen["ran"], seen["refused"], faults


def _short(asked):
    changed = asked[7:] if isinstance(asked, list) else {k: v for k, v in asked.items() if SMALL.get(k) is not v}
    with contextlib.suppress(ValueError):
        return repr(changed)[:200]
    return "a huge number"


def _bounded():
    resource.setrlimit(resource.RLIMIT_AS, (GIB * 2**30, GIB * 2**30))


TIMES = {
    **dict.fromkeys(PYTHON, 110),
    **dict.fromkeys(LINES, 110),
    "tables": 150,
    "odd files": len(hostile_tables.FILES),
}


def rows(folder):
    """1,000 inputs and more, in two processes whose memory is bounded."""
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"), initializer=_bounded)
    with pool:
        shares = {kind: [pool.submit(several, kind, n, folder, (i, 2)) for i in range(2)] for kind, n in TIMES.items()}
        for kind, halves in shares.items():
            done = [half.result() for half in halves]
            ran, no, faults = (
                sum(part, start) for part, start in zip(zip(*done, strict=True), (0, 0, []), strict=True)
            )
            print(f"{kind}: {ran} ran, {no} refused", *faults, sep="\n  ", file=sys.stderr)
            must = "runs whole, or one line and nothing written"
            yield page.Row(kind, ran + no + len(faults), must, ran + no, f"{ran} ran, {no} were refused")
