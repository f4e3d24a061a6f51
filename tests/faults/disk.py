"""Disks that are full, or cannot be written, under the records, under the store, and under what workers share."""

import shutil
import subprocess
import sys

from faults import around, page, places
from faults.trackers import is_told, synced

TITLE = "Disks"
ROOM = ("No space left on device", "make room there and give the same command again")
FREE = [0, 8, 24, 40, 64, 100, 400, 1300, 2600, 5000]
"""KiB that are left: where each stage of the small sweep runs out of them."""

LARGE = ["dataset=two_moons", "dataset.two_moons.examples=100000", "steps=2", "width=[2,3]", "seeds=1"]
LARGE += ["judge=false", "tracking=none", "name=large"]


def full(folder, free, *more):
    """The sweep on a disk with so many KiB left: refused in a line or shown later, and finished once there is room.

    Gives whether that held, and what was on record and said when the disk was full.
    """
    with places.disk(folder) as disk:
        runs = disk.seen / "runs"
        disk.leave(1024 * free)
        done = around.sweep(folder, *more, before=disk.inside)
        kept = around.bits(runs) if runs.is_dir() else {}
        told = around.is_refused(done, *ROOM) or (done.returncode == 0 and is_told(done))
        held = told and not around.left_over(runs) and kept.items() <= around.undisturbed().items()
        disk.leave(None)
        later = around.sweep(folder, *more, before=disk.inside)
        shown = "tracking=none" in more or around.is_shown(runs)
        held = held and later.returncode == 0 and around.is_whole(runs) and shown
    return held, f"exit {done.returncode} with {len(kept)} runs on record"


def store_is_full(folder):
    """The store on a full disk of its own: the sweep ends on whole records, a line says so, and `sync` catches up."""
    with places.disk(folder / "small") as disk:
        uri = f"tracking.uri=sqlite:///{disk.folder}/mlflow.db"
        inside = (*disk.inside[:-1], str(folder))
        first = around.run(folder, "dataset=xor", "width=2", "steps=2", "seeds=1", "name=other", uri, before=inside)
        disk.leave(64 * 1024)
        done = around.sweep(folder, uri, before=inside)
        told = is_told(done) and done.returncode == 0 and done.stderr == ""
        disk.leave(None)
        later = around.run(folder, "sync", module="nnexp.tracking", before=inside)
        shown = around.is_shown(disk.seen)
    return first.returncode == later.returncode == 0 and told and shown and around.is_whole(folder / "runs")


def read_only(folder):
    """The records on a disk that cannot be written: refused in a line, nothing written; what is there can be read."""
    with places.disk(folder) as disk:
        empty = disk.seen / "runs"
        disk.remount("ro")
        done = around.sweep(folder, before=disk.inside)
        held = around.is_refused(done, "runs_dir=runs", "Read-only file system") and not empty.exists()
        disk.remount("rw")
        held = held and around.sweep(folder, "tracking=none", "backend=serial", before=disk.inside).returncode == 0
        disk.remount("ro")
        load = "import nnexp; print(len(nnexp.load()))"
        words = [*disk.inside, sys.executable, "-c", load]
        read = subprocess.run(words, env=around.environment(), capture_output=True, text=True, check=False)
        again = around.sweep(folder, before=disk.inside)
        held = held and around.is_refused(again, "runs_dir=runs", "Read-only file system")
    return held and read.stdout.strip() == str(around.RUNS)


def taken(folder, name):
    """A file where a folder should be: refused in a line, nothing written."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    before = files(folder)
    done = around.sweep(folder)
    return around.is_refused(done, "cannot be written", "runs_dir=my_runs") and files(folder) == before


def files(folder):
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")
    }


def limited(folder, size, *more):
    """Files may not grow beyond so many bytes, which needs no root: refused in a line, and finished without the limit."""
    done = around.sweep(folder, "tracking=none", *more, before=("prlimit", f"--fsize={size}"))
    held = around.is_refused(done, "File too large", "ulimit -f") and not around.left_over(folder)
    later = around.sweep(folder, "tracking=none", *more)
    return held and later.returncode == 0 and around.is_whole(folder / "runs")


def nowhere_to_share(folder):
    """The folder of what workers share is full: refused in a line."""
    with places.disk(folder / "shared", "1m") as disk:
        disk.leave(0)
        inside = (*disk.inside[:-1], str(folder))
        done = around.run(folder, *LARGE, changed={"JOBLIB_TEMP_FOLDER": str(disk.folder)}, before=inside)
    return around.is_refused(done, "JOBLIB_TEMP_FOLDER", *ROOM)


def no_temporary_files(folder):
    """The folder of temporary files is full: the sweep ends on whole records, shown or told of in a line."""
    with places.disk(folder / "tmp", "1m") as disk:
        disk.leave(0)
        inside = (*disk.inside[:-1], str(folder))
        done = around.sweep(folder, changed={"TMPDIR": str(disk.folder), "HOME": "/dev/null"}, before=inside)
    later = synced(folder)
    well = done.returncode == later.returncode == 0 and done.stderr == ""
    return well and around.is_whole(folder / "runs") and around.is_shown(folder / "runs")


def source_is_read_only(folder):
    """The program itself where nothing can be written, as compiled files would be."""
    with places.disk(folder / "house", "256m") as disk:
        for name in ("nnexp", "conf", "analysis"):
            shutil.copytree(around.ROOT / name, disk.seen / name, ignore=shutil.ignore_patterns("__pycache__"))
        disk.remount("ro")
        inside = (*disk.inside[:-1], str(folder))
        changed = {"PYTHONPATH": str(disk.folder), "NNEXP_COMPILED": None}
        built = around.run(folder, module="nnexp.net.compiled", changed=changed, before=inside)
        done = around.sweep(folder, changed=changed, before=inside)
    said = "could not be built" in built.stdout and built.returncode == 0
    runs = around.bits(folder / "runs")
    return said and done.returncode == 0 and done.stderr == "" and runs.keys() == around.undisturbed().keys()


KEPT = "exit 2 and one line with what to do; nothing half-written; then finished, each run once, the same bits"
READ = "exit 2, one line, nothing written"
MOUNTED = (
    ("the store on a full disk of its own", store_is_full, "records whole, one line, sync catches up"),
    ("records on a read-only disk", read_only, f"{READ}; the records can be read"),
    ("no room for what workers share", nowhere_to_share, "exit 2, one line"),
    ("no room in TMPDIR, no HOME", no_temporary_files, "records whole, shown or one line; sync catches up"),
    ("the program's folder read-only", source_is_read_only, "the sweep ends well"),
)


def rows(folder):
    new = places.places_of(folder)
    for name in ("runs", "runs/records"):
        yield page.Row(f"a file where {name} should be", 1, READ, int(taken(next(new), name)))
    sizes = (500, 4000, 6000, 16000)
    yield page.Row("files limited (ulimit -f)", len(sizes), KEPT, sum(limited(next(new), size) for size in sizes))
    if places.unshared() is None:
        yield page.Row("disks mounted by the test", 0, "", 0, f"left out: {places.WHY_NOT}")
        return
    for more in ((), ("tracking=none",)):
        found = [full(next(new), free, *more) for free in (FREE if not more else FREE[:5])]
        seen = sorted({each for _, each in found})
        yield page.Row(f"disk full {' '.join(more)}", len(found), KEPT, sum(held for held, _ in found), "; ".join(seen))
    for done, fault, must in MOUNTED:
        yield page.Row(done, 1, must, int(fault(next(new))))
