"""Does the lecture's notebook say what the rows say, and does it run from top to bottom?"""

from pathlib import Path

import nbformat
import pytest

import nnexp
from analysis import notebooks
from analysis.lecture import rows

BOOK = notebooks.FOLDER / "lecture.ipynb"


def cells(file, kind):
    return [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == kind]


def test_it_has_a_question_the_figures_and_a_check_for_every_row():
    words = [cell.source for cell in cells(BOOK, "markdown")][1:]
    assert words == [
        f"## {row.id}. {row.title}\n\n{row.says}\n\n**Predict first.** {row.predict}" for row in rows().values()
    ]
    code = [cell.source for cell in cells(BOOK, "code")][1:]
    expected = []
    for row in rows().values():
        expected += [f'lecture["{row.id}"].figures[{i}]' for i in range(len(row.drawings))]
        check = 'assert claims["holds"].all(), claims[~claims["holds"]].to_string()'
        expected.append(f'claims = lecture["{row.id}"].table()\n{check}\nclaims')
    assert code == expected


def test_it_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(nnexp.__file__).parents[1]))
    assert notebooks.run(BOOK, tmp_path / "made") == []
    outputs = [output for cell in cells(tmp_path / "made" / "lecture.ipynb", "code") for output in cell.outputs]
    drawn = sum("image/png" in output.get("data", {}) for output in outputs)
    assert drawn == sum(len(row.drawings) for row in rows().values())
    assert [output for output in outputs if output.output_type == "error"] == []


@pytest.mark.parametrize("name", ["first_look", "own_sweep"])
def test_the_others_stay_about_a_sweep(name):
    assert name in [file.stem for file in notebooks.sources()]
