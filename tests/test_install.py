"""Can it be installed on every Python that is promised, and does the package work from any folder, its configs with it?"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import nnexp

ROOT = Path(nnexp.__file__).parents[1]
OLDEST = "3.11.0"
SHELLS = [shell for shell in ("/bin/sh", "/bin/bash") if Path(shell).exists()]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's content, unpacked where nothing else of the project is."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("nnexp-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_configs_travel_with_it(installed):
    packed = {file.relative_to(installed / "nnexp" / "conf") for file in installed.glob("nnexp/conf/**/*.yaml")}
    assert packed == {file.relative_to(ROOT / "conf") for file in ROOT.glob("conf/**/*.yaml")}
    assert "nnexp = nnexp.__main__:main" in next(installed.glob("*.dist-info/entry_points.txt")).read_text()


def test_it_runs_where_one_stands(installed, tmp_path):
    asked = ["dataset=xor", "steps=5", "seeds=2", "tracking=none", "backend=serial"]
    program = f"import sys; sys.argv[1:] = {asked!r}; from nnexp.__main__ import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert "nnexp.load('unnamed')" in done.stdout


def test_every_pin_admits_the_oldest_python_that_is_promised():
    assert f'requires-python = ">={OLDEST.removesuffix(".0")}"' in (ROOT / "pyproject.toml").read_text()
    pinned = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines())
    looked_at = 0
    for name, version in pinned.items():
        for found in importlib.metadata.distributions(name=name):
            if found.version == version:
                looked_at += 1
                assert SpecifierSet(found.metadata.get("Requires-Python", "")).contains(OLDEST), (name, version)
    assert looked_at > len(pinned) / 2


@pytest.fixture
def clone(tmp_path):
    """A folder with the project's Makefile, and a way to put a program in place of a Python or of pip."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def program(file, *lines):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)
    return file


def make(clone, *given, **environment):
    """Typed by a user: not a part of the `make test` that may be running this."""
    command = ["make", "--no-print-directory", *given]
    outside = {name: value for name, value in os.environ.items() if name not in {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}}
    return subprocess.run(
        command, cwd=clone, capture_output=True, text=True, timeout=60, check=False, env={**outside, **environment}
    )


@pytest.mark.parametrize(
    ("pretends", "line"),
    [
        ("sys.version_info = (3, 10, 13, 'final', 0)", "nnexp needs Python 3.11 or newer; this is 3.10;"),
        ("sys.version_info = (2, 7, 18, 'final', 0)", "nnexp needs Python 3.11 or newer; this is 2.7;"),
        ("sys.modules['ensurepip'] = None", "this Python lacks venv or ensurepip; on Debian or Ubuntu: sudo apt-get"),
    ],
)
def test_a_python_that_cannot_be_used_is_refused_in_one_line(clone, pretends, line):
    python = program(clone / "python", f'exec "{sys.executable}" -c "import sys; {pretends}; exec(sys.argv[1])" "$2"')
    done = make(clone, "sweep", f"PYTHON={python}")
    first, last = done.stderr.splitlines()
    assert first.startswith(line)
    assert (done.returncode, done.stdout, last[:5]) == (2, "", "make:")
    assert not (clone / ".venv").exists()


def test_where_there_is_no_python_it_says_so(clone):
    done = make(clone, "sweep", "PYTHON=nosuch")
    assert done.stderr.startswith("nnexp needs Python 3.11 or newer; there is no nosuch here\n")
    assert not (clone / ".venv").exists()


def test_what_pip_says_is_heard_and_its_failure_ends_make(clone):
    pip = ["echo Collecting numpy", "/bin/sleep 1", "echo ERROR: no room >&2", "exit 3"]
    program(clone / ".venv" / "bin" / "python", *pip)
    sleep = program(clone / "bin" / "sleep", "exec /bin/sleep 0.1")
    done = make(clone, "sweep", "PYTHON=true", PATH=f"{sleep.parent}:{os.environ['PATH']}")
    assert done.returncode == 2
    assert "Collecting numpy\nstill installing\n" in done.stdout
    assert "ERROR: no room" in done.stderr
    assert not (clone / ".venv" / "installed").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_given_in_args_arrives_as_it_was_typed(clone, shell):
    python = program(clone / ".venv" / "bin" / "python", 'for word; do echo "$word"; done')
    for stamp in ("installed", "kernels"):
        (python.parents[1] / stamp).touch()
    for like in ("width=4", "width=1", "depth=9", "until=a"):
        (clone / like).touch()
    for target in ("sweep", "basins"):
        done = make(
            clone, target, f"SHELL={shell}", "ARGS=width=[4,16] depth=? axes={1,2} until='unseen < 0.01' until=*"
        )
        words = ["width=[4,16]", "depth=?", "axes={1,2}", "until=unseen < 0.01", "until=*"]
        assert done.stdout.splitlines()[-5:] == words, done.stderr
