"""Does the installed package work from any folder, its configs with it?"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nnexp

ROOT = Path(nnexp.__file__).parents[1]


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
