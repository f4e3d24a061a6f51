"""Are the versions of MLflow that are allowed those that were seen to work?"""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from mlflow.store.db.utils import _get_latest_schema_revision

import nnexp
from nnexp.tracking import bulk

ROOT = Path(nnexp.__file__).parents[1]


def tried():
    """(version, schema, whether it works) of each row of the table in the docs, the oldest first."""
    text = (ROOT / "docs" / "tracking.md").read_text(encoding="utf-8")
    section = text.split("## Versions of MLflow")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([\d.]+) \| `?(\w*)`? ?\| (yes|no) \|", section, flags=re.MULTILINE)
    return sorted((numbers(name), schema, works == "yes") for name, schema, works in rows)


def numbers(name):
    return tuple(map(int, name.split(".")))


def bound():
    """The lowest version that pyproject.toml allows."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (found,) = [re.fullmatch(r"mlflow>=([\d.]+),<4", each) for each in needed if each.startswith("mlflow")]
    return numbers(found[1])


def test_the_oldest_version_that_is_allowed_is_the_oldest_that_works():
    working = [name for name, _, works in tried() if works]
    broken = [name for name, _, works in tried() if not works]
    assert working[0][: len(bound())] == bound()
    assert max(broken) < bound(), "a version that does not work was tried, and none that is allowed is one"


def test_the_version_that_is_installed_and_pinned_was_tried():
    (pinned,) = re.findall(r"^mlflow==(.+)$", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert numbers(pinned) in [name for name, _, works in tried() if works]
    assert (numbers(version("mlflow")), _get_latest_schema_revision(), True) in tried()


def test_rows_are_written_in_bulk_into_schemas_of_versions_that_work():
    assert {schema for _, schema, works in tried() if works} >= bulk.TESTED_REVISIONS
