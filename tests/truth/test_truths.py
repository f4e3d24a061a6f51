"""Does every truth hold in its short form, composed as on the command line and back from the records?"""

from pathlib import Path

import pytest

from analysis.experiment import Experiment, Finding
from analysis.truth import __main__ as program
from nnexp.errors import UserError

SEEDS = {"T1": 5, "T2": 3, "T3": 5, "T4": 400, "T5": 20, "T7": 40, "T8": 5, "T9": 5, "T10": 2}
"""Enough that each claim can be seen to hold; T6 and T11 are about no seeds."""

SMALL = ("tracking=none", "backend=serial")


def test_every_truth_has_its_experiment():
    from nnexp.__main__ import conf_dir

    files = sorted(file.stem.split("_")[0].upper() for file in conf_dir().glob("sweep/truth/*.yaml"))
    assert files == sorted(program.TRUTHS)


@pytest.mark.parametrize("truth", program.TRUTHS)
def test_a_truth_holds_in_its_short_form(truth, tmp_path):
    rows = list(program.table(Experiment("truth", tmp_path, SEEDS.get(truth), SMALL), [truth]))
    assert rows
    failed = [row.cells() for row in rows if not row.finding.passed]
    assert failed == []


class Holds:
    __doc__ = "T1: one holds"
    SOURCE = "nobody"

    @staticmethod
    def findings(experiment):
        yield Finding("one | two", "2", "2", passed=True)


class Fails(Holds):
    __doc__ = "T2: one fails"

    @staticmethod
    def findings(experiment):
        yield Finding("three", "3", f"{experiment.seeds}", passed=False)


@pytest.fixture
def two(monkeypatch, tmp_path):
    monkeypatch.setattr(program, "TRUTHS", {"T1": Holds, "T2": Fails})
    monkeypatch.setattr(program, "PAGE", tmp_path / "truths.md")
    monkeypatch.setattr(program, "README", tmp_path / "README.md")
    program.README.write_text(f"before\n{program.START}old\n{program.STOP}\nafter\n")
    return program.PAGE


def test_a_claim_that_fails_is_said_and_leaves_with_1(two, capsys):
    with pytest.raises(SystemExit) as left:
        program.main([])
    assert left.value.code == 1
    said = capsys.readouterr().out
    assert "T2   FAIL  three (nobody)" in said
    assert "1 of 2 claims hold" in said
    assert two.read_text().splitlines()[-2:] == [
        "| T1 | one / two | nobody | 2 | 2 | pass |",
        "| T2 | three | nobody | 3 | None | FAIL |",
    ]


def test_only_the_whole_of_it_renews_the_page(two, capsys):
    program.main(["T1"])
    with pytest.raises(SystemExit):
        program.main(["--seeds", "7"])
    assert "found    7" in capsys.readouterr().out
    assert not two.exists()


def test_a_truth_that_is_not_known_is_refused(two):
    with pytest.raises(UserError, match="truth=T12 is not known"):
        program.main(["T12"])


def test_what_the_command_line_refuses_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean tanh"):
        Experiment("truth", tmp_path, 1, (*SMALL, "activation=tahn")).run("t9_matching")


def test_the_readme_says_in_short_what_the_page_says(two):
    """As the program writes it, and as it stands: as many findings of each truth, all of which hold."""
    with pytest.raises(SystemExit):
        program.main([])
    first, second = "| T1 | one holds | nobody | 1 of 1 |", "| T2 | one fails | nobody | 0 of 1 |"
    head = "| | truth | source | holds |\n|---|---|---|---|\n"
    expected = f"before\n{program.START}{head}{first}\n{second}\n{program.STOP}\nafter\n"
    assert two.with_name("README.md").read_text() == expected


def test_the_readme_as_it_stands_agrees_with_the_page():
    root = Path(program.__file__).parents[2]
    page = [line.split(" | ") for line in (root / "docs" / "truths.md").read_text().splitlines() if line[:3] == "| T"]
    readme = (root / "README.md").read_text().partition(program.START)[2].partition(program.STOP)[0]
    for truth in program.TRUTHS:
        verdicts = [cells[-1] for cells in page if cells[0] == f"| {truth}"]
        assert verdicts
        assert set(verdicts) == {"pass |"}
        (line,) = [line for line in readme.splitlines() if line.startswith(f"| {truth} |")]
        assert line.endswith(f"| {len(verdicts)} of {len(verdicts)} |")
