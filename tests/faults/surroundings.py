"""Sweeps under odd clocks, zones, languages, folders, homes, networks, terminals and limits: the same records, bit for bit."""

import concurrent.futures
import datetime
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field

from faults import around, page
from faults.places import places_of
from nnexp.records import Records

TITLE = "What lies around a sweep"

NAMES = [
    "a space",
    "ä → ö",
    "it's",
    'a "quote"',
    "a#hash",
    "a%20percent",
    "100%",
    "what?",
    "a=b,c",
    "{a}[b]$c;d&e",
    "c:\\d",
]
"""Names of folders that addresses and shells have another use for."""

OFFLINE = """
import socket
def only_here(name, *arguments, **more):
    if name not in ("localhost", "127.0.0.1", "::1", None, ""):
        raise OSError(f"no network: {name}")
    return known(name, *arguments, **more)
known, socket.getaddrinfo = socket.getaddrinfo, only_here
"""
"""Where a network of its own cannot be had: no name but this machine's is found."""

CLOCK = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = syscall(SYS_clock_gettime, clock, at);
    if (clock == CLOCK_REALTIME) at->tv_sec -= 86400;
    return failed;
}
time_t time(time_t *kept) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (kept) *kept = at.tv_sec;
    return at.tv_sec;
}
int gettimeofday(struct timeval *kept, void *zone) {
    struct timespec at;
    int failed = clock_gettime(CLOCK_REALTIME, &at);
    kept->tv_sec = at.tv_sec;
    kept->tv_usec = at.tv_nsec / 1000;
    return failed;
}
"""
"""A clock that was put back by a day, for processes that have this loaded before the C library."""


@dataclass(frozen=True)
class Around:
    """What is odd about a process: what comes before its command, flags of Python, its environment, its streams."""

    said: str
    changed: dict = field(default_factory=dict)
    before: tuple = ()
    flags: tuple = ()
    pipes: dict = field(default_factory=dict)

    @property
    def how(self):
        return {"changed": self.changed, "before": self.before, "flags": self.flags, **self.pipes}


def shell(words):
    """A prefix that says something to the shell before the command."""
    return ("sh", "-c", f'{words}; exec "$@"', "sh")


NO_HOME = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "TERM"))
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii", "LANG": None}
WARNED = ("-O", "-W", "error")


def everyone(folder):
    """Each thing that is odd, by itself."""
    yield all_at_once(folder)
    yield Around("LC_ALL=C", {"LC_ALL": "C", "LANG": None})
    yield Around("LC_ALL=POSIX, no UTF-8 mode, no coercion", {**ASCII, "LC_ALL": "POSIX", "PYTHONIOENCODING": None})
    yield Around("PYTHONIOENCODING=ascii and LC_ALL=C", ASCII)
    if "de_DE.utf8" in subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout:
        yield Around("LC_ALL=de_DE.UTF-8", {"LC_ALL": "de_DE.UTF-8"})
    yield Around("TZ=Asia/Kathmandu", {"TZ": "Asia/Kathmandu"})
    yield Around("no HOME, no TERM", NO_HOME)
    yield Around("HOME that is not there", {**NO_HOME, "HOME": str(folder / "no home")})
    yield Around("HOME that is a file", {**NO_HOME, "HOME": "/dev/null"})
    yield Around("TERM=dumb", {"TERM": "dumb", "COLUMNS": None})
    yield Around("NO_COLOR, COLUMNS=20", {"NO_COLOR": "1", "COLUMNS": "20"})
    yield Around("FORCE_COLOR, COLUMNS=500", {"FORCE_COLOR": "1", "COLUMNS": "500"})
    yield Around("stdin closed", before=shell("exec <&-"))
    yield Around("stdout closed", before=shell("exec >&-"))
    yield Around("stderr closed", before=shell("exec 2>&-"))
    yield Around("umask 077", before=shell("umask 077"))
    yield Around("ulimit -n 64", before=shell("ulimit -n 64"))
    yield Around(
        "nice 19, one CPU", before=("nice", "-n", "19", *(("taskset", "1") if shutil.which("taskset") else ()))
    )
    yield Around("python -O -W error", {"PYTHONWARNINGS": "error"}, flags=WARNED)
    yield Around("PYTHONDONTWRITEBYTECODE, random hashes", {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "random"})
    yield offline(folder)


def all_at_once(folder):
    """Much of it together: no home, no terminal, no UTF-8, few files, no input, every warning an error."""
    cut_off = offline(folder)
    changed = {
        **NO_HOME,
        **ASCII,
        "TZ": "Asia/Kathmandu",
        "COLUMNS": "20",
        "PYTHONWARNINGS": "error",
        **cut_off.changed,
    }
    before = (*cut_off.before, *shell("umask 077; ulimit -n 64; exec <&-"))
    return Around("no network, HOME or TERM, ASCII, 64 files, no stdin, -W error", changed, before, ("-W", "error"))


def offline(folder):
    """No network at all, this machine's own included where the system lets a process have that."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return Around("no network (unshare -n)", before=("unshare", "-n"))
    return Around("no name found but localhost", {"PYTHONPATH": customized(folder / "offline", OFFLINE)})


def customized(folder, text):
    """A path for Python on which every process begins with this text."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(text)
    return os.pathsep.join([str(folder), str(around.ROOT)])


def is_undisturbed(folder, odd, looks=around.LOOKS):
    """Whether a sweep and the commands that look at it end well in these surroundings, on the same bits, shown once."""
    done = around.sweep(folder, **odd.how)
    well = done.returncode == 0 and not done.stderr and not around.line_of(done, "not tracked")
    well = well and around.is_whole(folder / "runs") and around.is_shown(folder / "runs")
    for module, *words in looks:
        looked = around.run(folder, *words, module=module, **odd.how)
        well = well and looked.returncode == 0 and not looked.stderr
    return well and not list(folder.glob("no home/*"))


def named(folder, name):
    """Whether a sweep in a folder of this name is undisturbed, its files found, and nothing put beside the folder."""
    (folder / name).mkdir(parents=True)
    well = is_undisturbed(folder / name, Around(name), looks=around.LOOKS[:1])
    artifacts = list((folder / name / "runs" / "mlflow-artifacts" / around.NAME).glob("*/artifacts/images/*.png"))
    return well and bool(artifacts) and [path.name for path in folder.iterdir()] == [name]


def elsewhere(folder):
    """From another working directory, with paths in full."""
    runs = str(folder / "of mine" / "runs")
    done = around.run("/", *around.ASKED, f'runs_dir="{runs}"')
    looks = [around.run("/", *words, "--runs-dir", runs, module=module) for module, *words in around.LOOKS[:2]]
    return all(each.returncode == 0 and not each.stderr for each in (done, *looks)) and around.is_whole(runs)


def unheard(folder, *more):
    """Behind `head -1`, which closes the pipe: the sweep goes on to its end, and nobody sees a traceback."""
    words = [
        "sh",
        "-c",
        '{ "$@"; echo $? > code; } 2> said | head -1 > heard',
        "sh",
        *around.command("nnexp", *around.ASKED, *more),
    ]
    subprocess.run(words, cwd=folder, env=around.environment(), check=False, timeout=around.PATIENCE)
    heard, code, said = ((folder / name).read_text() for name in ("heard", "code", "said"))
    well = heard.count("\n") == 1 and code == "0\n" and said == ""
    return well and around.is_whole(folder / "runs") and ("tracking=none" in more or around.is_shown(folder / "runs"))


def nobody_listens(folder):
    """No room for what is said: one line, exit 2."""
    with open("/dev/full", "w") as full:
        looked = around.run(folder, "metrics", module="nnexp.tracking", capture_output=False, stdout=full, stderr=-1)
    return around.is_refused(looked, "No space left on device")


def clock_was_put_back(folder, *more, changed=None):
    """A sweep asked for after the clock was put back is the newest all the same, and its entries end after they begin."""
    early = ["dataset=xor", "width=2", "steps=2", "seeds=1", "judge=false", "tracking=none", "name=before"]
    assert around.run(folder, *early).returncode == 0
    if changed is None:  # the clock was wrong then, not now
        (file,) = (folder / "runs" / "sweeps").glob("*.json")
        asked = json.loads(file.read_text())
        ahead = datetime.datetime.fromisoformat(asked["created"]) + datetime.timedelta(days=400)
        file.write_text(json.dumps(asked | {"created": ahead.isoformat(timespec="microseconds")}))
    done = around.sweep(folder, *more, changed=changed)
    newest = Records(folder / "runs").sweep().name
    well = done.returncode == 0 and not done.stderr and newest == around.NAME
    return well and around.is_whole(folder / "runs") and ("tracking=none" in more or around.is_shown(folder / "runs"))


def clock_of_yesterday(folder):
    """The same with a clock that really says so."""
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"], cwd=folder, check=True)
    return clock_was_put_back(folder, changed={"LD_PRELOAD": str(folder / "clock.so")})


def zones(folder):
    """Begun in one time zone and gone on with in another."""
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        done = around.sweep(folder, "seeds=3" if zone.endswith("o") else "seeds=2", changed={"TZ": zone})
    return done.returncode == 0 and not done.stderr and around.is_whole(folder / "runs")


MUST = "the sweep and what looks at it end with 0, nothing on standard error, the same bits, each entry once"


def rows(folder):
    new = places_of(folder / "sweeps")
    around.undisturbed()
    odd = list(everyone(folder))
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        held = two.map(is_undisturbed, [next(new) for _ in odd], odd, [around.LOOKS[:2]] * len(odd))
        yield from (page.Row(each.said, 1, MUST, int(well)) for each, well in zip(odd, held, strict=True))
        well = list(two.map(named, [next(new) for _ in NAMES], NAMES))
    yield page.Row(f"folders named {', '.join(NAMES)}", len(NAMES), f"{MUST}; no folder beside", sum(well))
    for done, fault in (
        ("another working directory", elsewhere),
        ("output read to its first line only (head -1)", unheard),
        ("standard output on a full disk", nobody_listens),
        ("a clock that was a year ahead", clock_was_put_back),
        *([("a clock put back by a day", clock_of_yesterday)] if shutil.which("cc") else []),
        ("another time zone in between", zones),
    ):
        yield page.Row(done, 1, MUST if fault is not nobody_listens else "exit 2, one line", int(fault(next(new))))
