"""Are the notebooks clean, and do they run from top to bottom on a small sweep?"""

import re
from pathlib import Path

import nbformat
import pytest

import nnexp
from analysis import asked, notebooks

ROOT = Path(__file__).parents[2]


def cells(file):
    return [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("file", notebooks.every(), ids=lambda file: file.stem)
def test_notebooks_are_committed_clean_and_hold_no_functions(file):
    nbformat.validate(nbformat.read(file, as_version=4))
    for cell in cells(file):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert not re.search(r"\b(def|lambda|class)\b", cell.source)


def test_two_of_them_are_about_a_sweep():
    assert [file.stem for file in notebooks.every()] == ["first_look", "lecture", "own_sweep"]
    assert [file.stem for file in notebooks.sources()] == ["first_look", "own_sweep"]


@pytest.fixture
def here(runs_dir, monkeypatch):
    """The folder that holds the small sweeps' runs, with the project importable from it."""
    monkeypatch.chdir(runs_dir.parent)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SWEEP", "moons")
    return runs_dir.parent


def test_all_of_them_run(here):
    notebooks.main(["moons"])
    target = here / "runs" / "analysis" / "notebooks"
    for name in ("first_look", "own_sweep"):
        outputs = [output for cell in cells(target / f"{name}.ipynb") for output in cell.outputs]
        assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4
        assert not [output for output in outputs if output.output_type == "error"]
    said = "".join(output.get("text", "") for cell in cells(target / "first_look.ipynb") for output in cell.outputs)
    assert "who ends where?" in said


@pytest.mark.parametrize("folder", ["analysis", "runs/analysis/notebooks"])
def test_they_run_in_their_own_folder_as_jupyterlab_starts_them(here, folder, monkeypatch, tmp_path):
    (here / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(here / folder)
    for name in ("first_look", "own_sweep"):
        assert notebooks.run(notebooks.FOLDER / f"{name}.ipynb", tmp_path) == []
    assert not (here / folder / "runs").exists()
    assert nnexp.load("own_sweep", here / "runs")["train_error"].notna().all()


def test_the_executed_page_needs_no_internet(tmp_path):
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# a *b*"), nbformat.v4.new_code_cell("1 + 1")]
    )
    nbformat.write(book, tmp_path / "small.ipynb")
    assert notebooks.run(tmp_path / "small.ipynb", tmp_path / "made") == []
    page = (tmp_path / "made" / "small.html").read_text(encoding="utf-8")
    assert "<em>b</em>" in page
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\([\"']?http", page)


def test_without_what_executes_them_it_says_what_installs_it(here, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["notebooks", "moons"])
    with pytest.raises(SystemExit) as left:
        asked.door(notebooks.main)
    assert left.value.code == 2
    assert "make notebooks installs them" in capsys.readouterr().err


def test_a_failing_cell_is_one_line_and_exit_code_1(here, tmp_path, monkeypatch, capsys):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(book, tmp_path / "broken.ipynb")
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    with pytest.raises(SystemExit) as left:
        notebooks.main([])
    assert left.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "notebooks: broken.ipynb, cell 2: ZeroDivisionError: division by zero"


def test_a_sweep_that_is_not_on_record_is_refused_before_anything_runs(here, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["notebooks", "nosuch"])
    with pytest.raises(SystemExit) as left:
        asked.door(notebooks.main)
    assert left.value.code == 2
    assert "no sweep nosuch is on record" in capsys.readouterr().err
