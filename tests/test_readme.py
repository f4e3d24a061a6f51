"""Is every command of the README one that works, word for word?"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnexp

ROOT = Path(nnexp.__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PROGRAMS = r"(?:make|python|pip|mlflow|nnexp|dask|ray|\.venv/bin/\w+) "


def commands(text):
    """Every command line of a page's shell blocks and of its tables of commands, in order."""
    found = re.findall(r"```sh\n(.*?)```|^\| `(make [^`]*)` \|", text, flags=re.DOTALL | re.MULTILINE)
    return [line.strip() for block in found for line in "".join(block).splitlines() if line.strip()]


def mentioned(text):
    """Every command line that a page shows elsewhere: after a prompt, or in the middle of a sentence."""
    prompts = re.findall(r"^\$ (.*)$", text, flags=re.MULTILINE)
    return prompts + re.findall(rf"`({PROGRAMS}[^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


COMMANDS = commands(TEXT)
OURSELVES = {"make test", "make check", "make truth"}
"""They would run these tests again, or take minutes; that they name real targets is checked all the same."""
SERVERS = {"make ui", "make lab"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project whose .venv is the one that runs the tests."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    left_out = shutil.ignore_patterns(".venv", ".git", "runs", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=left_out)
    (folder / "runs").mkdir()
    (folder / ".venv" / "bin").mkdir(parents=True)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for stamp in ("installed", "kernels", "notebooks", "developed"):  # in this order: make looks at their times
        (folder / ".venv" / stamp).touch()
    run(folder, ".venv/bin/python -m nnexp.net.compiled")
    return folder


def run(project, command):
    environment = {**os.environ, "PYTHONPATH": str(project), "DISPLAY": ""}
    return subprocess.run(
        ["sh", "-c", command], cwd=project, env=environment, capture_output=True, text=True, timeout=900, check=False
    )


def test_the_readme_fits_and_names_no_target_that_is_not_there(project):
    assert len(TEXT.splitlines()) < 240
    for command in {*COMMANDS, *OURSELVES} & {c for c in [*COMMANDS, *OURSELVES] if c.startswith("make")}:
        assert run(project, f"{command} --dry-run").returncode == 0, command


def test_every_command_does_what_it_says(project):
    """In the README's order, since the later ones look at what the first one made."""
    assert len(COMMANDS) > 8
    for command in COMMANDS:
        if command not in OURSELVES | SERVERS:
            done = run(project, command)
            assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
            if command == "make sweep":
                _gives_what_is_shown(done.stdout)
    assert "nothing is trained" in run(project, "make sweep").stdout
    for made in ("optima/overview.png", "optima/distribution.csv", "notebooks"):
        assert (project / "runs" / "analysis" / made).exists()
    _gives_the_picture(project / "runs" / "analysis" / "optima" / "overview.png")
    _look_at_the_ui(project)


def _gives_what_is_shown(printed):
    """Each line of the README's sample, but for bars, is printed; of endpoints about as many, since processors differ."""
    (sample,) = re.findall(r"^```text\n(optima: .*?)```", TEXT, flags=re.DOTALL | re.MULTILINE)
    seen = {" ".join(line.split()) for line in printed.splitlines()}
    for line in sample.splitlines():
        line = " ".join(line.split())
        if line.startswith("endpoints: "):
            (real,) = (other for other in seen if other.startswith("endpoints: "))
            assert len(counts(line)) > 2
            for what, count in counts(line).items():
                assert abs(count - counts(real)[what]) <= 20, (line, real)
        elif line != "..." and "a second" not in line:
            assert line in seen, line


def counts(line):
    """How many there are of each, in a line such as "endpoints: 3 minimum, 4 saddle"."""
    return {what.strip(): int(count.replace(",", "")) for count, what in re.findall(r"([\d,]+) ([a-z ]+)", line)}


def _gives_the_picture(made):
    """docs/optima.png is what `make compare` makes of the default sweep; where it is not, put the new one in its place."""
    shown, fresh = (np.asarray(Image.open(file).convert("L"), dtype=float) for file in (ROOT / "docs/optima.png", made))
    assert shown.shape == fresh.shape
    assert np.mean(np.abs(shown - fresh) > 32) < 0.01


def _look_at_the_ui(project):
    server = subprocess.Popen(
        ["make", "ui", "PORT=5987"], cwd=project, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert any("http://127.0.0.1:5987/#/experiments/" in line for line in server.stdout)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        server.stdout.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_work_in_any_shell(page):
    """What bash, zsh or fish would read as more than text stands in quotes, and no comment follows: zsh takes none."""
    text = page.read_text(encoding="utf-8")
    for command in [*commands(text), *mentioned(text)]:
        assert special(command) == "", command
        if shutil.which("bash"):
            assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, command


@pytest.mark.parametrize(
    "command",
    [
        "a b=[1,2]",
        "a b=unseen<1",
        'a "b=$c"',
        'a "b!"',
        "a b=*",
        "a # b",
        "a 'b=[1,2]' c={1,2}",
        "a ~b",
        "a=(1)",
        "a b?",
    ],
)
def test_the_rule_finds_what_a_shell_would_change(command):
    assert special(command)
    assert not special("a 'b=[1,2]' \"c='d < 0.01'\" \"[dask]\" e=f,g > h.md")


def special(command):
    """The characters of a command that some shell changes: outside of quotes, or in double quotes."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"| > [\w/.]+$", "", command)
    quoted = "".join(re.findall(r"'[^']*'|\"([^\"]*)\"", command))
    return "".join(re.findall(r"[][?*<>(){}~^!;&|#$`\\]", bare)) + "".join(re.findall(r"[$`!\\]", quoted))


def test_the_python_example_runs(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(f"if __name__ == '__main__':\n{re.sub('^', '    ', example, flags=re.MULTILINE)}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=environment, timeout=120, check=True)


def test_the_refusal_it_shows_is_the_real_one(tmp_path):
    refused = run(ROOT, "cd " + str(tmp_path) + f' && "{sys.executable}" -m nnexp "activation=[tanh,rleu]"')
    assert refused.returncode == 2
    shown = next(line for line in TEXT.splitlines() if line.startswith("nnexp: activation=rleu"))
    assert refused.stderr.startswith(shown.split(", ...")[0])
    assert refused.stderr.strip().endswith(shown.split("...")[1])


def test_the_part_it_adds_passes_as_a_part(tmp_path):
    """The example class, put where it says, is trained like any other and takes no other edit."""
    shown = r"# nnexp/parts/activations.py\n(.*?)\n# conf/activation/softsign.yaml\n(.*?)```"
    code, conf = re.search(shown, TEXT, flags=re.DOTALL).groups()
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", "runs", "__pycache__", ".*_cache"))
    with open(copy / "nnexp" / "parts" / "activations.py", "a") as module:
        module.write(f"\n\n{code}\n")
    (copy / "conf" / "activation" / "softsign.yaml").write_text(conf)
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    tests = ["tests/parts/test_activations.py", "tests/parts/test_conf_files.py", "tests/net/test_same_bits.py"]
    command = [sys.executable, "-m", "pytest", "-n", "0", "-k", "softsign or conf", "--co", *tests]
    found = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert "softsign" in found.stdout, found.stdout[-2000:]
    command = [part for part in command if part != "--co"]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
