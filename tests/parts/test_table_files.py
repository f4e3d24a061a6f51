"""Are files read as they are written: separators, encodings, headers, sheets of Excel, types of Parquet?"""

import datetime
import decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from test_tables import LABELS, A, classes, inputs, rows

from nnexp.errors import UserError
from nnexp.parts import registry

B = [1.5, -2.0, 0.25, 3.0, 8.0, 4.5, 6.0, -7.25, 2.0, 5.0]
PLAIN = rows(A, B, LABELS, header="a,b,y")


def load(folder, content, name="t.csv", target="y", **given):
    """The data of a file with this content: text, bytes, or a frame, which is written as Parquet."""
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return registry.make("dataset", "table", {"path": str(path), "target": target, **given}).load()


def same(data, note=""):
    """Whether the data are those of the plain file, with this note and no other."""
    assert (inputs(data), classes(data)) == ({"a": A, "b": B}, LABELS)
    assert data.notes == ((note,) if note else ())
    return True


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (PLAIN.replace(",", ";"), "separated by semicolons"),
        (PLAIN.replace(",", "\t"), "separated by tabs"),
        (PLAIN.replace(",", "|"), "separated by vertical bars"),
        (PLAIN.replace(",", "   "), "separated by blanks"),
        (PLAIN.replace(",", ", "), ""),
        (PLAIN.replace("\n", "\r\n"), ""),
        (PLAIN.replace("\n", "\r"), ""),
        ("\ufeff" + PLAIN, ""),
        ("sep=;\n" + PLAIN.replace(",", ";"), "separated by semicolons"),
        ("\ufeffsep=,\r\n" + PLAIN, ""),
        (PLAIN.encode("utf-16"), "encoding utf-16"),
        ("# made in 2024\n# by me, too\n" + PLAIN, "2 comment lines skipped"),
        (PLAIN.replace("\n", ",\n"), "1 empty column left out"),
        (PLAIN.replace("\n", ",\n").replace("y,", "y", 1), "1 empty column left out"),
        (PLAIN + ",,\n,,\n", "2 empty rows left out"),
        (PLAIN + "\n\n", ""),
        (PLAIN.replace("\n", "\n\n"), ""),
        ("\n\n" + PLAIN, ""),
        (PLAIN.replace("yes", '"yes"').replace("a,b", '" a","b "'), ""),
    ],
)
def test_a_text_file_of_any_dialect(tmp_path, content, note):
    assert same(load(tmp_path, content), note)


@pytest.mark.parametrize("text", ['"a","b","y"\n', '"a" "b" "y"\n'])
def test_row_names_without_a_name_in_the_header(tmp_path, text):
    mark = text[3]
    body = "".join(
        f'"{i} of R"{mark}{a}{mark}{b}{mark}"{y}"\n' for i, (a, b, y) in enumerate(zip(A, B, LABELS, strict=True))
    )
    data = load(tmp_path, text + body)
    assert (inputs(data), classes(data)) == ({"a": A, "b": B}, LABELS)
    assert "column_1 left out (row names)" in data.notes


def test_a_name_between_blanks_and_a_tab(tmp_path):
    body = "".join(
        f'{a}   {b}   ?      {y}\t"car name {i}"\n' for i, (a, b, y) in enumerate(zip(A, B, LABELS, strict=True))
    )
    data = load(tmp_path, body, target=4, header=False)
    assert (inputs(data), classes(data)) == ({"column_1": A, "column_2": B}, LABELS)
    assert "column_3 left out (empty)" in data.notes


def test_cells_with_separators_and_newlines_within_quotation_marks(tmp_path):
    notes = ['"one, two\n\nthree"', '"say ""x"""'] * 5
    data = load(tmp_path, rows(A, notes, LABELS, header="a,c,y"))
    assert [name for name in inputs(data) if name != "a"] == ["c=one, two\n\nthree", 'c=say "x"']
    single = rows(A, ["'x, z'", "'w'"] * 5, LABELS, header="'a','c','y'")
    assert list(inputs(load(tmp_path, single))) == ["a", "c=w", "c=x, z"]
    assert inputs(load(tmp_path, rows(A, ['5"', '7"'] * 5, LABELS, header="a,c,y")))["c"] == [5.0, 7.0] * 5


@pytest.mark.parametrize(
    ("encoding", "given"),
    [("latin-1", {}), ("cp1252", {}), ("cp1251", {"encoding": "cp1251"}), ("utf-16-le", {"encoding": "utf-16-le"})],
)
def test_letters_outside_ascii(tmp_path, encoding, given):
    name, levels = ("цвет", ["синий", "красный"]) if encoding == "cp1251" else ("größe", ["weiß", "grün"])
    data = load(tmp_path, rows(A, levels * 5, LABELS, header=f"a,{name},y").encode(encoding), **given)
    assert inputs(data)[f"{name}={levels[0]}"] == [1.0, 0.0] * 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (rows(A, ["синий", "красный"] * 5, LABELS, header="a,цвет,y").encode("cp1251"),
            "not those of Western Europe.*encoding=cp1251"),
        (PLAIN.encode("utf-16-be"), "looks like UTF-16; say dataset.table.encoding=utf-16-be"),
        (PLAIN.encode() + b"\0\0", "holds zero bytes, which are not text"),
        (b"a,y\n\x81,1\n", "is not encoded as utf-8 or cp1252; say .* dataset.table.encoding=latin-1"),
        ("<!DOCTYPE html><html>404</html>", "holds a web page; save the table"),
        ('[{"a": 1}]', "holds JSON"),
        ("", "is empty"),
        ("a,y\n", "has 0 rows below the header"),
        ("a,y\n1,2\n", "has 1 row below the header; at least 2 are needed"),
        (PLAIN.replace("a,b,y", "b,y"), "the header has 2 names, and the rows have 3 cells; write a name"),
        (PLAIN + "1,2,yes,4\n", "row 12 has 4 cells, and the others 3; correct that row"),
        (PLAIN + "1,2,yes\n" * 1500 + "1,2,yes,4\n", "row 1512 has 4 cells, and those before 3"),
        (PLAIN.replace(".", ",").replace("no", "1,0"), "the first row has 3 cells.*where numbers have decimal commas"),
        ("Sales of the north\n" + PLAIN, "the first row has 1 cells, and the others 3; delete lines above the header"),
        ("Sales of the north, 2024\n" + PLAIN, "the name y stands in row 1 below the first line; delete the lines above"),
        ("Sales of the north,,\n" + PLAIN, r"row 1 \(Sales of the north\) names 1 of 3 columns; delete the lines above"),
        (PLAIN + "Total,33.75,yes\n", r"the last row looks like a total \('Total'\)"),
        (rows(A, B, LABELS, header="a,a,y"), r"two columns of one name: 'a'.*as in .dataset.table.header=\[a,a_2,y\]"),
        ("y\n" + "\n".join(LABELS), "has no column to learn from beside the target"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_cause(tmp_path, content, says):
    with pytest.raises(UserError, match=says):
        load(tmp_path, content)


# Headers.


def test_a_file_without_a_header(tmp_path):
    body = PLAIN.partition("\n")[2]
    with pytest.raises(UserError, match=r"row 1 looks like data \(3.5, 1.5, no\); say dataset.table.header=false"):
        load(tmp_path, body)
    data = load(tmp_path, body, target=-1, header=False)
    assert (inputs(data), classes(data)) == ({"column_1": A, "column_2": B}, LABELS)
    assert same(load(tmp_path, body, header=("a", "b", "y")))
    assert same(
        load(tmp_path, PLAIN.replace("a,b", "x,z"), header=("a", "b", "y")),
        "the first row left out for the names that are given",
    )
    with pytest.raises(UserError, match=r"gives 2 names, and .* has 3 columns"):
        load(tmp_path, body, header=("a", "y"))
    with pytest.raises(
        UserError,
        match=r"target=y is not known, since the file has no header; give places, as in dataset.table.target=3",
    ):
        load(tmp_path, body, header=False)


def test_names_that_are_numbers(tmp_path):
    text = rows(A, B, LABELS, header="1990,2000,y")
    assert list(inputs(load(tmp_path, text, header=True))) == ["1990", "2000"]
    assert list(inputs(load(tmp_path, text, header=True, ignore=(1990,)))) == ["2000"]


def test_empty_names_are_places(tmp_path):
    data = load(tmp_path, rows(A, B, LABELS, header="a,,y"))
    assert inputs(data) == {"a": A, "column_2": B}


# Excel.


@pytest.fixture
def book(tmp_path):
    """Makes an Excel file: its sheets by name, each a list of rows."""

    def make(**sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, lines in sheets.items():
            sheet = made.create_sheet(name)
            for line in lines:
                sheet.append(line)
        made.save(tmp_path / "t.xlsx")
        return tmp_path / "t.xlsx"

    return make


def excel(path, **given):
    return registry.make("dataset", "table", {"path": str(path), "target": "y", **given}).load()


LINES = [["a", "b", "y"], *map(list, zip(A, B, LABELS, strict=True))]


def test_a_sheet_is_read_by_name_and_place_and_alone(book):
    assert same(excel(book(only=LINES)), "sheet 'only'")
    assert same(excel(book(only=LINES, empty=[])), "sheet 'only'")
    two = book(first=[["x"], [1]], second=LINES)
    with pytest.raises(UserError, match=r"has 2 sheets: 'first', 'second'; say which, as in dataset.table.sheet=first"):
        excel(two)
    for sheet in ("second", 2):
        assert same(excel(two, sheet=sheet), "sheet 'second'")
    with pytest.raises(UserError, match=r"sheet=third is not in .*'first', 'second'"):
        excel(two, sheet="third")


def test_cells_of_excel(book):
    whole = [3, None, 1, 4, 1, 5, 9, 2, 6, 5]
    mixed = [1, "x", 2, "x", 1, "x", 2, "x", 1, "x"]
    flag = [True, False] * 5
    data = excel(
        book(s=[["n", "m", "f", "y"], *map(list, zip(whole, mixed, flag, LABELS, strict=True))]),
        missing="median",
        categorical=("m",),
    )
    assert inputs(data)["n"][:3] == [3.0, data.encoding.columns[0].fill, 1.0]
    assert list(inputs(data))[1:] == ["m=1", "m=2", "m=x", "f=False", "f=True"]
    assert inputs(data)["f=True"] == [1.0, 0.0] * 5


def test_dates_of_excel_are_refused(book):
    days = [datetime.datetime(2024, 1, 1 + i) for i in range(10)]
    for gap in (False, True):
        cells = [None, *days[1:]] if gap else days
        with pytest.raises(UserError, match="column d holds dates or times"):
            excel(book(s=[["a", "d", "y"], *map(list, zip(A, cells, LABELS, strict=True))]))


def test_a_title_above_the_header_of_a_sheet_is_refused(book):
    with pytest.raises(UserError, match="delete the lines above the header"):
        excel(book(s=[["Sales", None, None], *LINES]))


# Parquet.


def test_types_of_parquet(tmp_path):
    frame = pd.DataFrame({
        "whole": pd.array([3, 1, 2, 5, 4, 6, 9, 8, 7, 3], "Int64"),
        "exact": [decimal.Decimal(str(a)) for a in A],
        "flag": [True, False] * 5,
        "kind": pd.Categorical(["1", "2"] * 5),
        "small": np.array(B, np.float32),
        "y": LABELS,
    })  # fmt: skip
    found = inputs(load(tmp_path, frame, "t.parquet"))
    assert found["whole"] == [3, 1, 2, 5, 4, 6, 9, 8, 7, 3]
    assert (found["exact"], found["small"]) == (A, B)
    assert found["flag=True"] == found["kind=1"] == [1.0, 0.0] * 5


def test_missing_values_of_parquet(tmp_path):
    frame = pd.DataFrame(
        {"n": pd.array([None, *range(9, 0, -1)], "Int64"), "a": [-1.0, *A[1:]], "f": [True, None] * 5, "y": LABELS}
    )
    with pytest.raises(UserError, match="n in 1, f in 5 of 10 rows"):
        load(tmp_path, frame, "t.parquet")
    with pytest.raises(UserError, match="n in 1, a in 1, f in 5 of 10 rows"):
        load(tmp_path, frame, "t.parquet", missing_values=("", "-1"))


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (pd.to_datetime(["2024-01-05"] * 10), "dates or times"),
        (pd.to_datetime(["2024-01-05"] * 10, utc=True), "dates or times"),
        ([datetime.date(2024, 1, 5)] * 10, "dates or times"),
        (pd.to_timedelta(range(10), "D"), "lists, records, durations or bytes"),
        ([[1], [2]] * 5, "lists, records, durations or bytes"),
        ([2**60 + i for i in range(10)], "codes rather than numbers"),
    ],
)
def test_types_of_parquet_that_are_no_numbers(tmp_path, cells, says):
    frame = pd.DataFrame({"x": cells, "a": A, "y": LABELS})
    with pytest.raises(UserError, match=says):
        load(tmp_path, frame, "t.parquet")
