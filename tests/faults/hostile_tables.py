"""Tables that are none, and such as only look odd: drawn by hypothesis, or made one by one."""

import gzip
import json
import os

import numpy as np
import pandas as pd
from hypothesis import strategies as st

CELLS = st.one_of(
    st.sampled_from(
        ["", "nan", "NA", "inf", "-1e999", "1e308", "1e101", "0", "1", "-0", "yes", "no", "True", '"a,b"', '"', "\x00"]
    ),
    st.sampled_from(
        ["é", "😀", "2020-01-01", "9" * 400, "0x10", "1_000", " 1", "x" * 2000, "=cmd()", "a\tb", "None", "1;2"]
    ),
    st.integers(-5, 5).map(str),
    st.floats(allow_nan=False, width=32).map(repr),
)
COLUMNS = st.sampled_from(
    ["a", "b", "y", "run", "J", "label", "theta", "a/b", "a\nb", "a=b", "", "😀", "seed", "1", "__index_level_0__"]
)


FLAWS = [*[""] * 12, "cells", "cells", "twice", "empty", "ragged", "separator", "encoding", "name", "target"]


@st.composite
def tables(draw):
    """A CSV file's bytes, sound but for one flaw at most, and how it is asked for."""
    flaw, header = draw(st.sampled_from(FLAWS)), draw(st.lists(COLUMNS, min_size=2, max_size=5, unique=True))
    plain = [
        st.just("1"),
        st.sampled_from(["0", "1"]),
        st.sampled_from(["1.5", "2", "-3", "7"]),
        st.sampled_from(["yes", "no"]),
    ]
    columns = [CELLS if flaw == "cells" and not place else draw(st.sampled_from(plain)) for place in range(len(header))]
    rows = 0 if flaw == "empty" else draw(st.sampled_from([1, 2, 7, 7, 30, 30]))
    lines = [[draw(column) for column in columns] for _ in range(rows)]
    header = [*header, header[0]] if flaw == "twice" else header
    if flaw == "ragged":
        lines[-1] = lines[-1][: draw(st.integers(0, 1))] if draw(st.booleans()) else [*lines[-1], "1"]
    separator = draw(st.sampled_from([";", "\t", "|", ", "])) if flaw == "separator" else ","
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(separator.join(json.dumps(c) if "\n" in c else c for c in line) for line in [header, *lines]) + end
    coding = draw(st.sampled_from(["utf-8-sig", "utf-16", "latin-1"])) if flaw == "encoding" else "utf-8"
    name = (
        draw(st.sampled_from(["my.csv.gz", "my.parquet", "my.zip", "x" * 250])) if flaw == "name" else "my table é.csv"
    )
    table = {"path": name, "target": "nope" if flaw == "target" else draw(st.sampled_from(header))}
    table |= {
        "test_share": draw(st.sampled_from([0.0, 0.5, 0.99])),
        "task": draw(st.sampled_from(["auto", "auto", "regression", "classes"])),
    }
    loss = draw(st.sampled_from(["squared", "squared", "nll", "softmax_nll"]))
    return text.encode(coding, errors="replace"), {"dataset": {"table": table}, "loss": loss}


def _parquet(frame, cut=None):
    """Makes a Parquet file, or as much of it as is given."""

    def make(path):
        frame.to_parquet(path)
        path.write_bytes(path.read_bytes()[:cut])

    return make


def _text(text):
    return lambda path: path.write_text(text)


def _loop(path):
    path.symlink_to(path.name)


def _locked(path):
    path.write_text("a,y\n1,0\n2,1\n")
    path.chmod(0)


def _sparse(path):
    path.touch()
    os.truncate(path, 2**40)


def _wide(path):
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.normal(size=(20, 10_000)), columns=[*(f"c{i}" for i in range(9_999)), "y"]).to_csv(
        path, index=False
    )


def _million(path):
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(10**6, 2)).round(3)
    pd.DataFrame({"a": drawn[:, 0], "b": drawn[:, 1], "y": (drawn[:, 0] > 0).astype(int)}).to_csv(path, index=False)


FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
FILES = {
    "a folder": ("t.csv", lambda path: path.mkdir()),
    "a folder that ends like a file of Parquet": ("t.parquet", lambda path: path.mkdir()),
    "a pipe": ("t.csv", lambda path: os.mkfifo(path)),
    "/dev/zero by a link": ("t.csv", lambda path: path.symlink_to("/dev/zero")),
    "/dev/random by a link": ("t.csv", lambda path: path.symlink_to("/dev/random")),
    "a link to itself": ("t.csv", _loop),
    "without permission": ("t.csv", _locked),
    "a hole of 1 TiB": ("t.csv", _sparse),
    "a hole of 1 TiB that ends like Parquet": ("t.parquet", _sparse),
    "empty": ("t.csv", _text("")),
    "zeros": ("t.csv", lambda path: path.write_bytes(bytes(10**6))),
    "compressed": ("t.csv.gz", lambda path: path.write_bytes(gzip.compress(b"a,y\n1,0\n2,1\n"))),
    "an open quote": ("t.csv", _text('a,y\n1,"0\n2,1\n' + "3,0\n" * 50_000)),
    "Parquet, cut short": ("t.parquet", _parquet(FRAME, cut=300)),
    "Parquet with lists": ("t.parquet", _parquet(pd.DataFrame({"a": [[1], [2]], "y": [0, 1]}))),
    "Parquet with bytes": ("t.parquet", _parquet(pd.DataFrame({"a": [b"\xff", b"x"], "y": [0, 1]}))),
    "Parquet with times": ("t.parquet", _parquet(pd.DataFrame({"a": pd.to_datetime(["2020", "2021"]), "y": [0, 1]}))),
    "Parquet with holes": ("t.parquet", _parquet(pd.DataFrame({"a": pd.array([1, None], "Int64"), "y": [0, 1]}))),
    "columns of the records' names": (
        "t.parquet",
        _parquet(pd.DataFrame({"run": [1, 2], "J": [1, 3], "theta": [0, 1], "y": [0, 1]})),
    ),
    "two inputs of one name": (
        "t.parquet",
        _parquet(pd.DataFrame({"a": ["b", "c"] * 2, "a=b": [1, 2, 3, 4], "y": [0, 1, 0, 1]})),
    ),
    "10,000 columns": ("t.csv", _wide),
    "a million rows": ("t.csv", _million),
    "one class": ("t.csv", _text("a,y\n" + "1,0\n2,0\n" * 9)),
    "a constant column": ("t.csv", _text("a,y\n" + "1,0\n1,1\n" * 9)),
}
"""Files by what they are: (name, maker)."""
