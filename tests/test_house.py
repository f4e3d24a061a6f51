"""Does every room keep to itself: who imports whom, how large things are, what stands in the repository?"""

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

import nnexp

ROOT = Path(nnexp.__file__).parents[1]
FILES = sorted([*ROOT.glob("nnexp/**/*.py"), *ROOT.glob("analysis/**/*.py")])

OWNERS = {
    "hydra": {"nnexp/__main__.py"},
    "omegaconf": {"nnexp/__main__.py"},
    "mlflow": {"nnexp/tracking"},
    "sqlalchemy": {"nnexp/tracking"},
    "matplotlib": {"nnexp/figures", "analysis"},
    "joblib": {"nnexp/backends"},
    "distributed": {"nnexp/backends"},
    "ray": {"nnexp/backends"},
    "rich": {"nnexp/terminal.py", "analysis"},
    "sklearn": {"nnexp/parts/datasets", "analysis/truth"},
    "nbclient": {"analysis"},
    "nbformat": {"analysis"},
    "nbconvert": {"analysis"},
    "analysis": {"analysis"},
}
FORBIDDEN = {
    "nnexp/parts": ["nnexp.net", "nnexp.optima", "nnexp.plan", "nnexp.config", "nnexp.records", "nnexp.pipeline"],
    "nnexp/net": ["nnexp.parts", "nnexp.optima", "nnexp.plan", "nnexp.config", "nnexp.records", "nnexp.pipeline"],
    "nnexp/optima": ["nnexp.net.training", "nnexp.net.descent", "nnexp.pipeline", "nnexp.tracking", "nnexp.figures"],
    "nnexp/figures": ["nnexp.net.training", "nnexp.pipeline", "nnexp.tracking", "nnexp.plan", "nnexp.backends"],
    "nnexp/tracking": ["nnexp.net", "nnexp.pipeline", "nnexp.plan", "nnexp.backends"],
    "analysis": ["nnexp.net", "nnexp.tracking", "nnexp.pipeline", "nnexp.plan", "nnexp.backends"],
}


def imports(file):
    """Every module a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(file):
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=place)
def test_imports_keep_to_the_rooms(file):
    for module in imports(file):
        owners = OWNERS.get(module.split(".")[0])
        assert owners is None or any(place(file).startswith(owner) for owner in owners), module
        for room, barred in FORBIDDEN.items():
            if place(file).startswith(f"{room}/"):
                assert not any(module == name or module.startswith(f"{name}.") for name in barred), module


def test_parts_of_one_kind_do_not_know_those_of_another():
    for file in ROOT.glob("nnexp/parts/*.py"):
        for module in imports(file):
            assert not module.startswith("nnexp.parts.") or module.startswith("nnexp.parts.registry"), (file, module)


def test_functions_are_short_and_files_hold_one_idea():
    bodies = {}
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, file
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                first = node.body[1:] if ast.get_docstring(node) else node.body
                bodies[f"{place(file)}:{node.name}"] = node.end_lineno - first[0].lineno + 1 if first else 0
    lengths = sorted(bodies.values())
    assert statistics.median(lengths) <= 8
    assert lengths[int(0.9 * len(lengths))] <= 25
    assert max(lengths) <= 50, max(bodies, key=bodies.get)


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_the_lock_carries_versions_and_no_addresses():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!]+", line) for line in lines)


def test_nothing_made_by_a_run_is_in_the_repository():
    places = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert [name for name in places if name.startswith("runs/")] in ([], ["runs/README.md"])
    assert all(path.stat().st_size < 2**20 for path in tracked())
