"""Is what `make lecture` writes one whole page that says what was asked, found and run, and does it say what does not hold?"""

import base64
import html
import io
import re
from dataclasses import replace
from pathlib import Path

import pages
import pytest
from PIL import Image

import nnexp
from analysis.experiment import Finding
from analysis.lecture import __main__ as program
from analysis.lecture import lesson, rows
from nnexp.errors import UserError
from nnexp.records import Records

ROOT = Path(nnexp.__file__).parents[1]
IDS = ["L3", "L9"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder, the page of two rows, and what was printed."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr(program.console, "print", said.append)
        program.main([*IDS, "--runs-dir", str(folder)])
    return folder, (folder / "L3-L9.html").read_text(encoding="utf-8"), "\n".join(said)


def test_the_page_is_whole_and_each_row_comes_with_its_question_its_claims_and_its_command(made):
    _, text, _ = made
    page = pages.whole(text)
    assert len(page.pictures) == sum(len(rows()[id].drawings) for id in IDS)
    for id in IDS:
        row = rows()[id]
        section = text.partition(f'<section id="{id}">')[2].partition("</section>")[0]
        places = [section.index(words) for words in ("Predict first", "<img ", "What is checked", row.command)]
        assert places == sorted(places)
        assert all(drawing.alt in html.unescape(section) for drawing in row.drawings)
    assert "2 ideas; 13 of 13 claims hold." in text
    assert text.count("<td>yes</td>") == 13


def test_the_page_and_each_figure_name_the_runs_and_the_config(made):
    folder, text, _ = made
    runs = nnexp.load("lecture.l03_step", folder)["run"]
    assert all(run in text for run in runs)
    assert "make lecture ROW=L3" in text
    assert "x1 + x2 / 2 = 1" in text
    assert sorted(file.name for file in (folder / "figures").iterdir()) == ["L3.png", "L9-2.png", "L9.png"]
    said = Image.open(folder / "figures" / "L3.png").text
    assert said["Runs"].split() == list(runs)
    assert said["Title"] == "L3: The output of a classifier is a step"
    assert "initializer: given" in said["Config"]
    shown = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', text)[1])
    assert Image.open(io.BytesIO(shown)).text == said


def test_how_it_gets_on_is_told(made):
    _, _, said = made
    assert re.search(r"L3 +3 of 3 claims hold  The output of a classifier is a step, 1 figure, \d+ s", said)
    assert "13 of 13 claims hold; page: " in said


def test_nothing_is_tracked_unless_asked_and_nothing_is_trained_twice(made):
    folder, _, _ = made
    assert not (folder / "mlflow.db").exists()
    records = Records(folder).ids()
    program.main(["L3", "--runs-dir", str(folder)])
    assert Records(folder).ids() == records
    assert "1 ideas" not in (folder / "L3.html").read_text()


def test_a_claim_that_fails_is_said_and_leaves_with_1(monkeypatch, tmp_path, capsys):
    wrong = replace(rows()["L3"], claims=lambda ends: [Finding("steps <rise>", "1", "2", passed=False)])
    for module in (program, lesson):
        monkeypatch.setattr(module, "rows", lambda: {"L3": wrong})
    with pytest.raises(SystemExit) as left:
        program.main(["--runs-dir", str(tmp_path)])
    assert left.value.code == 1
    assert "FAIL steps <rise>" in capsys.readouterr().out
    page = (tmp_path / "index.html").read_text()
    assert "L3 does not hold: steps &lt;rise&gt;: expected 1, found 2." in page
    assert "<td>no</td>" in page


def test_a_row_that_is_not_known_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(UserError, match="row=L23 is not known"):
        program.main(["L3", "L23", "--runs-dir", str(tmp_path / "none")])
    assert not (tmp_path / "none").exists()


def test_the_docs_have_a_line_for_every_row():
    lines = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8").splitlines()
    named = [line.split("|")[1].strip() for line in lines if line.startswith("| L")]
    assert named == [f"{row.id} {row.title}" for row in rows().values()]
