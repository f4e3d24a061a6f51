"""Does `conf/` say exactly what the parts are: a file for every part, with its fields and their defaults?"""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from nnexp.parts import registry

CONF = Path(__file__).parents[2] / "conf"
PARTS = [(kind, name) for kind in registry.MODULES for name in registry.known(kind)]


def plain(value):
    return [plain(v) for v in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_a_file_holds_the_parts_fields_and_defaults(kind, name):
    part = registry.known(kind)[name]()
    expected = {name: {f.name: plain(getattr(part, f.name)) for f in fields(part)}}
    assert yaml.safe_load((CONF / kind / f"{name}.yaml").read_text()) == expected


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_a_file_says_what_the_part_is(kind, name):
    first = (CONF / kind / f"{name}.yaml").read_text().splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith(".")
    assert first[2:].split()[0] in registry.known(kind)[name].__doc__


@pytest.mark.parametrize("kind", registry.MODULES)
def test_no_file_without_its_part(kind):
    assert {file.stem for file in (CONF / kind).iterdir()} == set(registry.known(kind))


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_a_file_makes_its_part(kind, name):
    given = yaml.safe_load((CONF / kind / f"{name}.yaml").read_text())[name]
    assert registry.variants(kind, name, given) == [registry.known(kind)[name]()]
