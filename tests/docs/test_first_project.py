"""Does the page on a first project work as printed: own CSV, sweep, best net, predictions from raw rows?"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "first-project.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every block prints, in order, run in one empty folder."""
    folder, python, told = tmp_path_factory.mktemp("project"), "", []
    for language, text in BLOCK.findall(PAGE):
        if language == "python":
            python += text
        elif language == "sh":
            run(folder, sys.executable, "-c", python)
            command = text.replace(".venv/bin/python", shlex.quote(sys.executable))
            told.append(run(folder, "bash", "-c", command))
            python = ""
    told.append(run(folder, sys.executable, "-c", python))
    return told


def run(folder, *command):
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_sweep_prints_the_two_lines_of_the_page(printed):
    for line in re.search(r"^```text\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[1].splitlines():
        assert line in printed[0].splitlines()


def test_the_best_net_predicts_raw_rows_by_the_files_own_labels(printed):
    lines = printed[1].splitlines()
    assert "['setosa' 'virginica']" in lines
    assert "True" in lines  # the recorded test error, from raw rows
    assert lines[-2].split()[1] == "setosa"
    assert lines[-1].split()[1] == "virginica"
