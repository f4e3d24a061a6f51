"""Does the list of parts say every part, with its parameters, and does the page in docs/ say the same?"""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Lt

from nnexp.parts import __main__ as listing
from nnexp.parts import registry

PAGE = Path(__file__).parents[2] / "docs" / "parts.md"
KINDS = list(registry.MODULES)
PARTS = [(kind, name) for kind in KINDS for name in registry.known(kind)]


def run(*arguments):
    command = [sys.executable, "-m", "nnexp.parts", *arguments]
    return subprocess.run(command, cwd=PAGE.parents[1], capture_output=True, text=True, timeout=60, check=False)


def test_the_page_is_what_the_program_prints():
    text = PAGE.read_text(encoding="utf-8")
    assert text == listing.markdown(KINDS), "to renew it: python -m nnexp.parts --markdown > docs/parts.md"
    assert run("--markdown").stdout == text


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_every_part_is_said_with_its_parameters(kind, name):
    section = listing.markdown([kind])
    (line,) = [line for line in section.splitlines() if line.startswith(f"- **{name}**: ")]
    assert line.endswith(".")
    assert section in PAGE.read_text(encoding="utf-8")
    for field in fields(registry.known(kind)[name]):
        assert f"{field.name}={listing.written(field.default)}: " in listing.parameters(kind, name)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone_in_a_terminal(kind):
    done = run(kind)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith(f"{kind}: ")
    assert all(len(line) <= 100 for line in lines)
    found = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert found == list(registry.known(kind))


def test_every_kind_unless_one_is_named():
    assert run().stdout == "\n".join(run(kind).stdout for kind in KINDS)


def test_a_kind_that_is_not_known_is_refused_in_one_line():
    done = run("activatoin")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("nnexp: kind=activatoin is not known; known: dataset, ")
    assert line.endswith("; did you mean activation?")


def test_schedules_with_which_sgd_settles_are_marked():
    marked = [name for name in registry.known("schedule") if "Robbins-Monro" in listing.says("schedule", name)]
    assert marked == [name for name in registry.known("schedule") if registry.make("schedule", name).robbins_monro]
    assert "inverse_time" in marked
    assert "constant" not in marked


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (float, "number"),
        (bool, "true or false"),
        (registry.Positive, "number in (0, 1e9]"),
        (registry.Seed, "whole number in [0, 2^63)"),
        (registry.Count | None, "whole number in [1, 1e6] or null"),
        (Annotated[float, Lt(0.25)], "number in (-inf, 0.25)"),
        (Annotated[int, Ge(1000)], "whole number in [1000, inf)"),
        (Literal["a", "b"], "a or b"),
        (tuple[str, ...], "list of texts"),
        (tuple[tuple[registry.Share, ...], ...], "list of lists of numbers in [0, 1)"),
    ],
)
def test_bounds_in_words(hint, said):
    assert listing.allowed(hint) == said


def test_defaults_as_a_config_says_them():
    values = (None, True, 0, 1.5, 1e-8, "", "auto", ((1, 0.5), ()))
    said = ["null", "true", "0", "1.5", "1e-8", "''", "auto", "[[1, 0.5], []]"]
    assert [listing.written(value) for value in values] == said


def test_a_sentence_ends_where_another_begins():
    texts = ["One. Two.", "w . x, ... (al. 2016), 0.5 of it. Two", "x. `y` is z.", "Asks what? No."]
    ends = ["One.", "w . x, ... (al. 2016), 0.5 of it.", "x.", "Asks what? No."]
    assert [listing.SENTENCE.match(text).group() for text in texts] == ends


def test_the_page_says_what_is_left_out_and_why():
    text = PAGE.read_text(encoding="utf-8")
    assert "## Left out on purpose" in text
    assert "Dropout" in text
