"""Can the advice in each refusal of a table be pasted into a shell, and does the table go on then?"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

import nnexp
from nnexp.errors import UserError, override
from nnexp.parts import registry

N = 40
RNG = np.random.default_rng(0)
A, B = RNG.normal(5.0, 2.0, N).round(2), RNG.normal(size=N).round(3)
Y = np.where(A + B > 5.0, "yes", "no")
COLOUR = np.array(["red", "blue", "green"])[RNG.integers(0, 3, N)]


def csv(header, *columns, separator=","):
    lines = [separator.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([*([header] if header else []), *lines]) + "\n"


def at(places, other, cells):
    """The cells with another in some places."""
    return [other if place in places else cell for place, cell in enumerate(cells)]


PLAIN = csv("a,b,y", A, B, Y)
REFUSED = {
    "no header": (csv("", A, B, Y), {"target": -1}),
    "no header, text alone": (csv("", COLOUR, COLOUR, Y), {"target": -1}),
    "no header, equal cells in the first row": (csv("", [1, *A[1:]], [1, *B[1:]], Y), {"target": -1}),
    "names that are numbers": (csv("1990,2000,2010", A, B, A + B), {"target": "2010"}),
    "a target of no name": (csv("", A, B, Y), {"header": False}),
    "two columns of one name": (csv("a,a,y", A, B, Y), {}),
    "two columns of one odd name": (csv("$a`~' [(x,$a`~' [(x,y", A, B, Y), {}),
    "gaps": (csv("a,b,y", at((3,), "", A), at((5, 9), "NA", B), Y), {}),
    "a column of gaps": (csv("a,b,y", at(range(30), "?", A), B, Y), {}),
    "gaps in all rows": (csv("a,b,y", at(range(0, N, 2), "", A), at(range(1, N, 2), "", B), Y), {}),
    "a level that is spelled NA": (csv("a,c,y", A, at(range(25), "NA", COLOUR), Y), {}),
    "a target with gaps": (csv("a,b,y", A, B, at((3, 7), "", Y)), {}),
    "a few odd cells": (csv("a,b,y", at((3,), "n.d.", A), at((3, 4), "~", B), Y), {}),
    "many odd cells": (csv("a,t,y", A, [f"A/5 {i}" if i % 2 else 17 * i for i in range(N)], Y), {}),
    "a row of units": (PLAIN.replace("\n", "\nmm,kg,unit\n", 1), {}),
    "values such as 3+": (csv("a,d,y", A, np.array(["0", "1", "2", "3+"])[np.arange(N) % 4], Y), {}),
    "an ambiguous mark": (csv("a,p,y", A, [f'"{i % 9 + 1},{i:03d}"' for i in range(N)], Y), {}),
    "points between thousands": (csv("p;y", [f"{i % 9 + 1}.{7 * i:03d}" for i in range(N)], Y, separator=";"), {}),
    "mixed units": (csv("a,w,y", A, [f"{a} {'kg' if i % 3 else 'lb'}" for i, a in enumerate(A)], Y), {}),
    "addresses of machines": (csv("a,ip,y", A, [f"10.0.{i % 7}.{i}" for i in range(N)], Y), {}),
    "too large": (csv("a,b,y", at((3,), "1e400", A), B, Y), {}),
    "dates": (csv("a,day,y", A, [f"2024-01-{i % 28 + 1:02d}" for i in range(N)], Y), {}),
    "dates of few days": (csv("a,day,y", A, [f"2024-01-{i % 3 + 1:02d}" for i in range(N)], Y), {}),
    "dates as numbers": (csv("a,day,y", A, [20240101 + i % 28 for i in range(N)], Y), {}),
    "codes": (csv("a,zip,y", A, [f"{i % 7:05d}" for i in range(N)], Y), {}),
    "what counts up": (csv("a,year,year (2),y", A, range(1950, 1950 + N), range(7, 7 + N), Y), {}),
    "many levels": (csv("a,who,y", A, [f"P{i // 2 if i < 9 else i}" for i in range(N)], Y), {}),
    "row names alone": (csv(",y", range(N), A), {}),
    "ratings": (csv("a,y", A, np.arange(N) % 5 + 1), {}),
    "text as regression": (PLAIN, {"task": "regression"}),
    "UTF-16 without its mark": (PLAIN.encode("utf-16-le"), {}),
    "Cyrillic": (csv("цвет,a,y", np.where(A > 5.0, "синий", "красный"), A, Y).encode("cp1251"), {}),
    "names for a shell to misread": (
        csv('"$x `y` (1)",~b [z],y', at(range(30), "", A), at(range(30), "?", B), Y),
        {},
    ),
}
WORD = re.compile(r"""(?:"dataset\.table\.[^"]*"|'dataset\.table\.(?:[^']|'\\'')*'|dataset\.table\.\w+=[\w./+-]+)""")


def advised(line):
    """The words `key=value` that a line advises, as they stand in it; what was asked for is not advice."""
    return WORD.findall(re.sub(r"^dataset\.table\.\w+=\S+ (?:is|holds) ", "", line))


def parsed(word):
    """The key and the value that Hydra makes of a word from a shell."""
    (plain,) = shlex.split(word)
    found = OverridesParser.create().parse_override(plain)
    value = OmegaConf.to_container(OmegaConf.create({"value": found.value()}), resolve=True)["value"]
    return found.key_or_group.removeprefix("dataset.table."), tuple(value) if isinstance(value, list) else value


def refusal(path, asked):
    """The line with which a table is refused; empty where it is read."""
    try:
        registry.make("dataset", "table", {"path": str(path), "target": "y", **asked}).load()
    except UserError as error:
        return str(error)
    return ""


def follow(path, asked, given=()):
    """Follow every advice, and that in what comes then, three times at most; gives the words that were advised."""
    line = refusal(path, asked)
    words = advised(line)
    for word in words:
        assert word not in given, f"advised again: {line}"
        key, value = parsed(word)
        again = refusal(path, {**asked, key: value})
        assert again != line, f"{word} does not help: {line}"
        assert not again or len(given) < 2 or not advised(again), f"refused after {[*given, word]}: {again}"
        yield word
        if again and len(given) < 2:
            yield from follow(path, {**asked, key: value}, (*given, word))


@pytest.mark.parametrize("kind", REFUSED)
def test_advice_can_be_followed(tmp_path, kind):
    content, asked = REFUSED[kind]
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    words = list(follow(path, asked))
    assert words, refusal(path, asked)
    script = "printf '%s\\0' " + " ".join(words)
    shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.split("\0")[:-1] == shlex.split(" ".join(words))


def test_advice_is_followed_through_a_shell(tmp_path):
    (tmp_path / "t.csv").write_text(REFUSED["names for a shell to misread"][0])
    command = f"{shlex.quote(sys.executable)} -m nnexp dataset=table dataset.table.path=t.csv dataset.table.target=y"
    command += " seeds=1 steps=2 tracking=none backend=serial"
    environment = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1]), "COLUMNS": "120"}

    def run(*words):
        script = " ".join([command, *words])
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)

    first = run()
    assert first.returncode == 2
    filled = run(*[word for word in advised(first.stderr) if "median" in word])
    assert filled.returncode == 0, filled.stderr
    assert "missing values of $x `y` (1), ~b [z] replaced" in " ".join(filled.stdout.split())


@pytest.mark.parametrize(
    "name",
    ["größe", "a b", "x (mm)", "~a", "$HOME", "it's", 'say "x"', "a\\b", "a=b", "{x}", "${y}", "1", "null", "!x"],
)
def test_a_column_of_any_name_can_be_the_target(tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    (tmp_path / "t.csv").write_text(csv(f"a,{quoted}", A, Y))
    key, value = parsed(override("dataset.table.target", name))
    assert registry.make("dataset", "table", {"path": str(tmp_path / "t.csv"), key: value}).load().target.names == (
        name,
    )
