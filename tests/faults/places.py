"""Disks of a test's own: small, full, or read-only, seen by nobody else and gone with the process that holds them."""

import contextlib
import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

FILLER = ".filler"
WHY_NOT = "no file system can be mounted here, neither by root nor in a user's own namespace"


@functools.cache
def unshared():
    """What begins a process that may mount for itself: root's, or a user's in a namespace; None where neither may."""
    tries = (["unshare", "-m"], ["unshare", "-rm"])
    check = ["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    if not shutil.which("nsenter") or not shutil.which("unshare"):
        return None
    for prefix in tries[os.getuid() != 0 :]:
        if subprocess.run([*prefix, *check], capture_output=True, check=False).returncode == 0:
            return prefix
    return None


@dataclass(frozen=True)
class Disk:
    """A disk mounted on a folder, in a namespace of its own.

    inside: what begins a command that is to see it, and to start in that folder. seen: the folder, as seen from outside.
    """

    folder: Path
    holder: int

    @property
    def inside(self):
        user = [] if os.getuid() == 0 else ["-U", "--preserve-credentials"]
        enter = ["nsenter", "-t", str(self.holder), "-m", *user]
        return (*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(self.folder))

    @property
    def seen(self):
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def leave(self, free):
        """Fill the disk but for so many bytes."""
        (self.seen / FILLER).unlink(missing_ok=True)
        if free is not None:
            room = os.statvfs(self.seen)
            (self.seen / FILLER).write_bytes(bytes(max(room.f_bavail * room.f_frsize - free, 0)))

    def remount(self, how):
        subprocess.run([*self.inside, "mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@contextlib.contextmanager
def disk(folder, size="48m"):
    """A disk of this size on an empty folder."""
    if unshared() is None:
        pytest.skip(WHY_NOT)
    folder.mkdir(parents=True, exist_ok=True)
    mount = 'mount -t tmpfs -o "size=$1" none "$0" && echo there && exec sleep 3600'
    words = [*unshared(), "sh", "-c", mount, str(folder), size]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "there\n"
            yield Disk(folder, holder.pid)
        finally:
            holder.kill()


def places_of(folder):
    """New folders below one, whatever they are for."""
    folder.mkdir(exist_ok=True)
    while True:
        made = folder / str(len(list(folder.iterdir())))
        made.mkdir()
        yield made
