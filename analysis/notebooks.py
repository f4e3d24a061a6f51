"""Every notebook of this folder about a sweep, executed: `python -m analysis.notebooks optima`, or nameless for the newest.

The executed copies go to runs/analysis/notebooks/; the notebooks themselves stay without outputs. Run from the folder that
holds `runs`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import asked
from analysis.terminal import console
from nnexp.errors import UserError
from nnexp.records import Records

FOLDER = Path(__file__).parent
TIMEOUT = 600
"""Seconds that a cell may take."""
OFFLINE = "{% extends 'lab/index.html.j2' %}" + "".join(
    f"{{% block html_head_js_{script} %}}{{% endblock %}}" for script in ("requirejs", "mathjax", "mermaidjs")
)
"""nbconvert's page without the scripts that it loads from the internet, which these notebooks do not use."""
BY_THEMSELVES = ("lecture",)
"""Notebooks that run what they show; `python -m analysis.lecture --notebook` executes that one."""


def main(given: Sequence[str] | None = None) -> None:
    """Execute every notebook on the sweep that is asked for; exit code 1 where a cell failed."""
    name, runs_dir = asked.arguments("analysis.notebooks", "the notebooks, executed", given, elsewhere=False)
    check_installed()
    os.environ["SWEEP"] = name or Records(runs_dir).sweep().name
    asked.read(os.environ["SWEEP"], runs_dir)
    target = Path(runs_dir) / "analysis" / "notebooks"
    failed = [line for source in sources() for line in run(source, target)]
    if failed:
        print(*failed, sep="\n", file=sys.stderr)
        sys.exit(1)


def check_installed() -> None:
    """Nothing, where what executes notebooks is installed.

    Raises:
        UserError: where it is not.
    """
    if any(importlib.util.find_spec(name) is None for name in ("nbclient", "nbformat", "ipykernel")):
        raise UserError(
            "nbclient and ipykernel, which execute notebooks, are not installed; make notebooks installs them"
        )


def every() -> list[Path]:
    """The notebooks, by name."""
    return sorted(FOLDER.glob("*.ipynb"))


def sources() -> list[Path]:
    """Those that are about a sweep on record."""
    return [file for file in every() if file.stem not in BY_THEMSELVES]


def run(source: Path, target: Path) -> list[str]:
    """Execute a notebook here and write the executed copy into `target`; a line that says what failed, or none."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError

    notebook: Any = nbformat.read(source, as_version=4)
    client = NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3")
    client.create_kernel_manager().transport = "ipc"  # open to nobody else on the machine or the network
    failed = []
    try:
        client.execute(cwd=str(Path.cwd()))
    except (CellControlSignal, CellTimeoutError, DeadKernelError) as error:
        failed = [_line(source, notebook, error)]
    for file in _write(notebook, target, source.stem):
        console.print(f"notebook: {file}")
    return failed


def _line(source: Path, notebook: Any, error: Exception) -> str:
    """Which cell failed, and what it said."""
    for place, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return (
                    f"notebooks: {source.name}, cell {place}: {output['ename']}: {' '.join(output['evalue'].split())}"
                )
    return f"notebooks: {source.name}: {type(error).__name__}: {' '.join(str(error).split())}"


def _write(notebook: Any, target: Path, name: str) -> list[Path]:
    """The executed notebook's files: the notebook, and a page where nbconvert is installed."""
    import nbformat

    target.mkdir(parents=True, exist_ok=True)
    files = [target / f"{name}.ipynb"]
    nbformat.write(notebook, files[0])
    if importlib.util.find_spec("nbconvert") is not None:
        from nbconvert import HTMLExporter

        page, _ = HTMLExporter(raw_template=OFFLINE).from_notebook_node(notebook)
        files.append(target / f"{name}.html")
        files[1].write_text(page, encoding="utf-8")
    return files


if __name__ == "__main__":
    asked.door(main)
