"""The long form from the command line: every area writes docs/faults.md; one by name only prints.

An area is a module here with a TITLE and `rows(folder)`, which does its faults to sweeps in an empty folder and gives the
table's rows.
"""

import argparse
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import faults
from faults import page

DOCS = Path(__file__).parents[2] / "docs"


def areas():
    """The modules that hold faults, by name."""
    names = [each.name for each in pkgutil.iter_modules(faults.__path__) if not each.name.startswith(("test_", "__"))]
    modules = {name: importlib.import_module(f"faults.{name}") for name in sorted(names)}
    return {name: module for name, module in modules.items() if hasattr(module, "rows")}


def main():
    found = areas()
    parser = argparse.ArgumentParser(prog="make faults", description="Do to sweeps what goes wrong around them.")
    parser.add_argument("area", nargs="*", choices=[*found, []], help=f"some of {', '.join(found)}; all unless given")
    chosen = parser.parse_args().area or list(found)
    done = {}
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="nnexp-faults-") as folder:
            done[found[name].TITLE] = list(found[name].rows(Path(folder)))
        page.show(found[name].TITLE, done[found[name].TITLE])
    if len(chosen) == len(found):
        (DOCS / "faults.md").write_text(page.markdown(done), encoding="utf-8")
    sys.exit(any(row.held < row.times for rows in done.values() for row in rows))


if __name__ == "__main__":
    main()
