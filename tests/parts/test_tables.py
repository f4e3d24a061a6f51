"""Do the user's own tables become the inputs and targets that their cells mean?"""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.parts.datasets.base import split_by_class
from nnexp.parts.datasets.columns import Categorical, Encoding, Numeric
from nnexp.parts.datasets.inspection import typed_labels
from nnexp.parts.datasets.numbers import Ambiguous, Format, format_of, parse
from nnexp.parts.datasets.summary import describe

A = [3.5, 1.25, -2.0, 4.0, 0.5, 7.75, -1.5, 2.0, 9.0, 6.25]
"""Ten numbers in no order."""

LABELS = ["no", "yes", "no", "yes", "no", "yes", "no", "yes", "no", "yes"]


def rows(*columns, header="a,y"):
    """A CSV text with these columns."""
    return "\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n"


def table(folder, text, target="y", **given):
    """A table part of a file with this text."""
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return registry.make("dataset", "table", {"path": str(folder / "t.csv"), "target": target, **given})


def load(folder, text, target="y", **given):
    return table(folder, text, target, **given).load()


def inputs(data):
    """The inputs before they are standardized, a list of values for each, in the order of the file's rows."""
    X = np.concatenate([data.X_train, data.X_test], axis=1)[:, np.argsort(np.concatenate([data.train, data.test]))]
    scales = [
        (c.mean, c.deviation) if isinstance(c, Numeric) else (0.0, 1.0) for c in data.encoding.columns for _ in c.inputs
    ]
    return {
        name: (row * deviation + mean).round(9).tolist()
        for name, row, (mean, deviation) in zip(data.inputs, X, scales, strict=True)
    }


def classes(data):
    """The label of each row of the file."""
    Y = np.concatenate([data.Y_train, data.Y_test], axis=1)[:, np.argsort(np.concatenate([data.train, data.test]))]
    codes = Y[0].astype(int) if len(Y) == 1 else Y.argmax(axis=0)
    return [data.target.labels[code] for code in codes]


# Row names and ids.


@pytest.mark.parametrize("names", [range(10), range(1, 11), [f"Mazda {i}" for i in range(10)]])
@pytest.mark.parametrize("first", [",a,y", '"",a,y', "a,y"])
def test_row_names_are_no_input(tmp_path, names, first):
    data = load(tmp_path, rows(names, A, LABELS, header=first))
    assert inputs(data) == {"a": A}
    assert classes(data) == LABELS
    assert "column_1 left out (row names)" in data.notes


@pytest.mark.parametrize(("name", "numbers"), [("n", range(10)), ("id", [7, 3, 9, 1, 5, 8, 2, 6, 4, 0])])
def test_what_numbers_the_rows_is_left_out_unless_it_is_kept(tmp_path, name, numbers):
    text = rows(numbers, A, LABELS, header=f"{name},a,y")
    assert inputs(load(tmp_path, text)) == {"a": A}
    assert f"{name} left out (numbers the rows)" in load(tmp_path, text).notes
    assert inputs(load(tmp_path, text, keep=(name,))) == {name: list(map(float, numbers)), "a": A}


def test_what_counts_up_is_asked_about(tmp_path):
    text = rows(range(1950, 1960), A, LABELS, header="year,a,y")
    with pytest.raises(
        UserError,
        match=r'column year counts up.*"dataset.table.ignore=\[year\]", or make it an input with "dataset.table.keep=',
    ):
        load(tmp_path, text)
    assert inputs(load(tmp_path, text, keep=("year",)))["year"] == list(range(1950, 1960))
    assert inputs(load(tmp_path, text, ignore=("year",))) == {"a": A}


def test_text_that_is_different_in_every_row_is_left_out(tmp_path):
    data = load(tmp_path, rows([f"P{i}" for i in range(10)], A, LABELS, header="who,a,y"))
    assert inputs(data) == {"a": A}
    assert "who left out (different in every row)" in data.notes


@pytest.mark.parametrize(
    "codes", [[f"{i:05d}" for i in (7, 7, 12, 12, 0, 0, 7, 7, 12, 0)], ["4111111111111111"] * 9 + ["4111111111111112"]]
)
def test_codes_are_not_taken_for_numbers(tmp_path, codes):
    text = rows(codes, A, LABELS, header="code,a,y")
    with pytest.raises(UserError, match="column code holds codes rather than numbers"):
        load(tmp_path, text)
    assert list(inputs(load(tmp_path, text, categorical=("code",)))) == [
        *(f"code={code}" for code in sorted(set(codes))),
        "a",
    ]
    assert inputs(load(tmp_path, text, keep=("code",)))["code"] == pytest.approx(list(map(float, codes)))


def test_a_categorical_of_many_levels_never_passes_in_silence(tmp_path):
    names = ["a", "a", "b", "c", "d", "e", "f", "g", "h", "i"]
    text = rows(names, A, LABELS, header="who,a,y")
    with pytest.raises(UserError, match="column who has 9 different values in 10 rows, too many to learn from"):
        load(tmp_path, text)
    assert inputs(load(tmp_path, text, categorical=("who",)))["who=a"] == [1.0, 1.0] + [0.0] * 8


# Numbers that are written as text.

WRITTEN = [
    (["4.6", "-1.5", "1e2", "+3", ".5"], [4.6, -1.5, 100.0, 3.0, 0.5]),
    (["4,6", "-1,5", "12,25", "3", "0,5"], [4.6, -1.5, 12.25, 3.0, 0.5]),
    (["1,234.5", "12.25", "-3,000,000", "7"], [1234.5, 12.25, -3e6, 7.0]),
    (["1.234,5", "12,25", "-3.000.000", "7"], [1234.5, 12.25, -3e6, 7.0]),
    (["12 000", "7 500,5", "999"], [12000.0, 7500.5, 999.0]),
    (["12\u00a0000", "7\u202f500", "999"], [12000.0, 7500.0, 999.0]),
    (["1'234.5", "1\u2019000", "7"], [1234.5, 1000.0, 7.0]),
    (["$4.60", "-$1.50", "$1,000.00"], [4.6, -1.5, 1000.0]),
    (["1.234,56 EUR", "7,10 EUR"], [1234.56, 7.1]),
    (["46%", "7 %", "100%"], [46.0, 7.0, 100.0]),
    (["12 kg", "7.5kg", "-1 kg"], [12.0, 7.5, -1.0]),
    (["\u22124.5", "3"], [-4.5, 3.0]),
]


@pytest.mark.parametrize(("cells", "numbers"), WRITTEN, ids=[cells[0] for cells, _ in WRITTEN])
def test_numbers_as_they_are_written(tmp_path, cells, numbers):
    quoted = [f'"{cell}"' for cell in [*cells, *cells]]
    data = load(
        tmp_path,
        rows(
            quoted, A[: len(quoted)] if len(quoted) <= 10 else range(len(quoted)), LABELS[: len(quoted)], header="x,a,y"
        ),
    )
    assert inputs(data)["x"] == pytest.approx([*numbers, *numbers], rel=1e-12)


@pytest.mark.parametrize("cells", [["1.234.567,0", "x"], ["1", "one"], ["1 kg", "2 lb"], ["1.5", "1,5,5"]])
def test_no_format_fits_cells_that_are_not_numbers_or_not_alike(cells):
    assert format_of(pd.Series(cells)) is None


def test_two_formats_that_fit_are_ambiguous():
    with pytest.raises(Ambiguous, match=r"'10,000' is 10 or 10000"):
        format_of(pd.Series(["10,000", "3,500"]))


@pytest.mark.parametrize(("mark", "numbers"), [(".", [1234.0, 2500.0]), (",", [1.234, 2.5])])
def test_an_ambiguous_number_is_settled_by_the_key(tmp_path, mark, numbers):
    text = rows(['"1,234"', '"2,500"'] * 5, A, LABELS, header="x,a,y")
    with pytest.raises(
        UserError,
        match=r"""'1,234' is 1.234 or 1234; say .*"dataset.table.decimal=.\..".* or "dataset.table.decimal=.,.""",
    ):
        load(tmp_path, text)
    assert inputs(load(tmp_path, text, decimal=mark))["x"] == numbers * 5


def test_points_between_thousands_are_asked_about_where_semicolons_separate(tmp_path):
    text = rows(["1.234", "2.500"] * 5, A, LABELS, header="x,a,y").replace(",", ";")
    with pytest.raises(UserError, match=r"'1.234' is 1.234 or 1234"):
        load(tmp_path, text)
    assert inputs(load(tmp_path, text, decimal="."))["x"] == [1.234, 2.5] * 5
    assert inputs(load(tmp_path, text, decimal=","))["x"] == [1234.0, 2500.0] * 5


@given(st.lists(st.floats(-1e90, 1e90, allow_nan=False), min_size=1, max_size=30))
def test_plain_numbers_are_the_nearest_float64(numbers):
    assert parse(pd.Series(list(map(repr, numbers)), dtype="str"), Format()).tolist() == numbers


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["1", "2", "3", "n.d."], r"non-numeric cell 'n\.d\.' in row 4 of column x.*missing_values=\['',NA,'\?',n\.d\.\]"),
        (["-", "-", "-", "1.5", "2.5", "3.5", "4.5"], "non-numeric cell '-' in row 1 of column x"),
        ([f"A/5 {i}" if i % 2 else str(i * 7) for i in range(20)], "non-numeric cell 'A/5 1' in row 2"),
        ([f"{i}.5 kg" if i % 2 else f"{i}.5 lb" for i in range(20)], "mixes units or spellings of numbers: 'kg', 'lb'"),
        ([f"({i}.50)" if i % 2 else f"${i}.25" for i in range(24)], "are not written alike.*write them as in -1234.5"),
        ([f"10.0.{i % 11}.{i}" for i in range(24)], r"are not written alike.*\('10\.0\.0\.0'\)"),
        ([f"{i}.5D-03" for i in range(24)], r"write them as in -1234\.5"),
        ([*map(str, range(3, 22, 3)), "inf"], "non-numeric cell 'inf' in row 8"),
        ([*map(str, range(3, 22, 3)), "1e400"], r"no usable number in row 8 of column x \(inf\)"),
        (["2024-01-05", "2024-02-07", "2023-01-05"], r"column x holds dates or times \(2024-01-05\)"),
        (["12:30", "07:15:10", "08:00"], "holds dates or times"),
        (["2024Q1", "2023Q4", "2024Q2"], "holds dates or times"),
        (["Jan-05", "Feb-07", "Mar-08"], "holds dates or times"),
        (["20240105", "20240207", "20230105"], r"times \(20240105\).*take it as numbers with .dataset.table.keep=\[x\]"),
    ],
)  # fmt: skip
def test_what_is_nearly_a_number_is_refused_with_what_to_do(tmp_path, cells, says):
    n = max(len(cells), 4) * (2 if len(cells) < 20 else 1)
    cells = list(itertools.islice(itertools.cycle(cells), n))
    text = rows(
        cells, [(7 * i) % n for i in range(n)], list(itertools.islice(itertools.cycle(LABELS), n)), header="x,a,y"
    )
    with pytest.raises(UserError, match=says) as refused:
        load(tmp_path, text)
    assert "dataset.table.ignore=[x]" in str(refused.value)


def test_a_column_of_question_marks_is_one_of_missing_values(tmp_path):
    cells = ["?" if i % 5 else A[i] for i in range(10)]
    with pytest.raises(
        UserError,
        match=r"x in 8 of 10 rows; 2 rows have every value.*leave columns out with .dataset.table.ignore=\[x\]",
    ):
        load(tmp_path, rows(cells, A, LABELS, header="x,a,y"))


def test_a_number_that_may_stand_for_a_missing_value_is_said(tmp_path):
    text = rows([-999 if i in (2, 5) else A[i] for i in range(10)], A, LABELS, header="x,a,y")
    (note,) = load(tmp_path, text).notes
    assert note.startswith("x holds -999 in 2 rows: where that means a missing value say")
    filled = load(tmp_path, text, missing_values=("", "-999"), missing="median", test_share=0.0)
    assert inputs(filled)["x"][2] == pytest.approx(np.median([A[i] for i in range(10) if i not in (2, 5)]))


# Missing values.

GAPS = rows(
    ["", 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [*A[:5], "NA", *A[6:]],
    ["r", "g", "r", "g", "?", "r", "r", "r", "g", "r"],
    LABELS,
    header="b,a,c,y",
)


def test_all_columns_with_gaps_are_named_at_once(tmp_path):
    with pytest.raises(
        UserError, match="the first in row 1 of column b: b in 1, a in 1, c in 1 of 10 rows; 7 rows have every value"
    ):
        load(tmp_path, GAPS)


def test_rows_with_gaps_are_dropped(tmp_path):
    data = load(tmp_path, GAPS, missing="drop_rows")
    assert inputs(data)["a"] == [A[i] for i in (1, 2, 3, 6, 7, 8, 9)]
    assert "3 rows with missing values dropped" in data.notes


def test_gaps_are_filled_from_the_training_part_alone(tmp_path):
    data = load(tmp_path, GAPS, missing="median")
    a, c = data.encoding.columns[1], data.encoding.columns[2]
    assert a.fill == np.median([A[i] for i in data.train if i != 5])
    assert inputs(data)["a"] == pytest.approx([*A[:5], a.fill, *A[6:]])
    assert (c.fill, c.levels) == ("r", ("g", "r"))
    assert inputs(data)["c=r"][4] == 1.0


def test_a_row_without_a_target_is_named_and_never_guessed(tmp_path):
    text = rows(A, ["no", "", *LABELS[2:]])
    with pytest.raises(
        UserError,
        match=r"the target y is missing in 1 of 10 rows; 9 rows have every value: say dataset.table.missing=drop_rows",
    ) as said:
        load(tmp_path, text)
    assert "ignore" not in str(said.value)
    assert inputs(load(tmp_path, text, missing="median"))["a"] == [A[0], *A[2:]]
    with pytest.raises(UserError, match="choose another column as"):
        load(tmp_path, rows(A, [""] * 10))


def test_no_rows_left_is_not_advised(tmp_path):
    with pytest.raises(UserError, match=r"0 rows have every value: say dataset.table.missing=median") as refused:
        load(tmp_path, rows(["", *A[1:]], ["x", *[""] * 9], LABELS, header="b,a,y"))
    assert "drop_rows" not in str(refused.value)


# Targets.


def test_whole_numbers_are_classes_where_the_loss_says_so(tmp_path):
    ratings = table(tmp_path, rows(A, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]))
    nll, squared = (registry.make("loss", name, {}) for name in ("softmax_nll", "huber"))
    with pytest.raises(
        UserError, match=r"3 different whole numbers.*say dataset.table.task=classes or dataset.table.task=regression"
    ):
        ratings.load()
    assert classes(ratings.for_losses((nll,)).load()) == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]
    assert ratings.for_losses((squared,)).load().task == "regression"
    assert ratings.for_losses(()) == ratings
    many = table(tmp_path, rows(range(60, 0, -1), [i % 11 for i in range(60)]))
    assert many.load().task == "regression"
    assert many.for_losses((nll,)).load().target.labels == tuple(range(11))


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["-1", "+1"], (-1, 1)),
        (["2", "1"], (1, 2)),
        (["0.0", "1.0"], (0.0, 1.0)),
        (["-0", "1"], (0, 1)),
        (["TRUE", "FALSE"], (False, True)),
        (["<50K", ">=50K"], ("<50K", ">=50K")),
        (["False", "true", "TRUE", "false", "True"], (False, True)),
        (["1", "1.0", "0", "0"], (0, 1)),
    ],
)
def test_two_classes_are_labels_as_the_table_spells_them(tmp_path, cells, labels):
    data = load(tmp_path, rows(A, list(itertools.islice(itertools.cycle(cells), 10))))
    assert (data.task, data.target.labels) == ("binary", labels)
    assert [type(label) for label in data.target.labels] == [type(label) for label in labels]


def test_labels_that_differ_in_case_alone_are_said(tmp_path):
    data = load(tmp_path, rows(A, ["Yes", "yes", "no"] * 3 + ["no"]))
    assert data.notes == ("y has values that differ in upper and lower case alone (Yes, yes)",)


@pytest.mark.parametrize(
    ("levels", "labels"),
    [
        (["b", "a"], ["a", "b"]),
        (["10", "9"], [9, 10]),
        (["0.5", "2"], [0.5, 2.0]),
        (["TRUE", "false"], [False, True]),
        (["1", "01"], ["01", "1"]),
        (["1", "many"], ["1", "many"]),
    ],
)
def test_typed_labels(levels, labels):
    found, spelled = typed_labels(levels)
    assert found == labels
    assert sorted(spelled) == sorted(levels)


def test_targets_of_a_regression_are_standardized_on_the_training_part(tmp_path):
    prices = [20_000.0 + 300.0 * a for a in A]
    data = load(tmp_path, rows(A, prices))
    own = np.array(prices)[data.train]
    assert (data.target.mean, data.target.deviation) == pytest.approx((own.mean(), own.std()))
    np.testing.assert_allclose(data.Y_train[0], (own - own.mean()) / own.std(), rtol=1e-12)
    assert load(tmp_path, rows(A, prices), standardize_target=False, test_share=0.0).Y_train[0].tolist() == prices


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (["no"] * 10, "the target y has 1 different value in 10 rows.*choose another target$"),
        ([f"t{i}" for i in range(10)], "the target y has 10 different values in 10 rows.*choose another target$"),
        (["2024-01-05", "2024-02-07"] * 5, "choose another column as dataset.table.target"),
    ],
)
def test_a_target_that_cannot_be_guessed_is_refused_without_leaving_it_out(tmp_path, target, says):
    with pytest.raises(UserError, match=says) as refused:
        load(tmp_path, rows(A, target))
    assert "ignore" not in str(refused.value)


def test_text_cannot_be_a_regression(tmp_path):
    with pytest.raises(UserError, match=r"y holds text; regression needs numbers: say dataset.table.task=classes"):
        load(tmp_path, rows(A, LABELS), task="regression")


def test_a_target_is_given_by_its_name_or_place(tmp_path):
    text = rows(LABELS, A, header="y,a")
    for target in ("y", 1, -2):
        assert classes(load(tmp_path, text, target=target)) == LABELS
    with pytest.raises(
        UserError,
        match=r"target=3 is neither a name nor the place of a column; 1 is the first column, 2 or -1 the last: y, a",
    ):
        load(tmp_path, text, target=3)
    with pytest.raises(
        UserError,
        match=r"target is not given; say which column is to be guessed, as in dataset.table.target=a; columns: y, a",
    ):
        load(tmp_path, text, target="")


# The parts.


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=80), st.floats(0.0, 0.95), st.integers(0, 5))
def test_a_split_keeps_the_shares_of_classes(codes, share, seed):
    classes = np.unique(codes, return_inverse=True)[1]
    train, test = split_by_class(classes, share, seed)
    assert sorted([*train, *test]) == list(range(len(classes)))
    for k, size in enumerate(np.bincount(classes)):
        in_test = int((classes[test] == k).sum())
        assert abs(in_test - share * size) <= 1.0
        assert in_test < size
        assert in_test >= (size > 1 and share > 0.0)


def test_two_lines_say_what_was_read(tmp_path):
    colour = ["red", "blue"] * 5
    asked = table(tmp_path, rows(range(10), A, colour, [7] * 10, LABELS, header=",a,colour,same,y"))
    data, target = describe(asked, asked.load())
    assert data == (
        "data: t.csv, 10 rows used; 1 numeric input (a), 1 categorical (colour with 2 levels); "
        "column_1 left out (row names); same left out (the same in every row)"
    )
    assert (
        target == "target: y, 2 classes; train 7 (no: 3, yes: 4); test 3 (no: 2, yes: 1); always yes: 66.7% test error"
    )


def test_the_lines_name_a_class_that_a_part_lacks_and_the_unit_of_numbers(tmp_path):
    rare = table(tmp_path, rows(A, ["pos", *["neg"] * 9]))
    assert describe(rare, rare.load())[1].endswith("always neg: 0.0% test error; no pos in the test part")
    price = table(tmp_path, rows(A, [100.0 * (i + 3) ** 2 for i in range(10)]), test_share=0.0)
    said = describe(price, price.load())[1]
    assert said == (
        "target: y, numbers from 900 to 1.44e+04, mean 6450, standardized for training; train 10, test 0; "
        "always the mean: train RMSE 4369"
    )


# Encodings of new rows.


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_new_rows_are_encoded_whatever_the_dtype(dtype):
    encoding = Encoding((Numeric("a", 1.0, 2.0), Categorical("c", ("1", "x"))))
    frame = pd.DataFrame({"a": pd.Series(["3", "5"]).astype(dtype), "c": pd.Series(["x", "1"]).astype(dtype)})
    assert encoding.encode(frame).tolist() == [[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "float64"])
def test_numbers_are_numbers_and_levels_whatever_the_dtype(dtype):
    encoding = Encoding((Numeric("a", 1.0, 2.0), Categorical("c", ("1", "2"))))
    frame = pd.DataFrame({"a": [3, 5], "c": [2, 1]}).astype(dtype)
    assert encoding.encode(frame).tolist() == [[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]]
