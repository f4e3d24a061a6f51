"""Does a net that was carried away predict from raw rows what the run says that it came from?"""

import numpy as np
import pandas as pd
import pytest

import nnexp
from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.parts.datasets.columns import Categorical, Encoding, Numeric, Target
from nnexp.portable import Net

ASKED = {"steps": 7, "seeds": 1, "width": 3, "backend": {"where": "serial"}, "judge": False}
WITHOUT_EXAMPLES = ("relu_teacher",)
SETS = [name for name in registry.known("dataset") if name not in ("table", *WITHOUT_EXAMPLES)]
TABLE = pd.DataFrame({
    "size (mm)": [150, 180, 167, 201, 199, 143, 160, 188, 175, 210] * 4,
    "colour": ["red", "blue", "red", "green", "blue", "red", "green", "blue", "red", "green"] * 4,
    "weight": np.linspace(0.5, 9.7, 40).round(2),
    "kind": ["small", "large", "mid", "large", "large", "small", "small", "mid", "mid", "large"] * 4,
})  # fmt: skip


def only_run(runs_dir, **asked):
    return nnexp.recall(nnexp.sweep(**{**ASKED, **asked}, runs_dir=runs_dir).iloc[0])


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    """A net that learned the kind of things from a table of its own."""
    folder = tmp_path_factory.mktemp("own")
    TABLE.to_csv(folder / "own.csv", index=False)
    table = {"table": {"path": str(folder / "own.csv"), "target": "kind"}}
    return only_run(folder, dataset=table, steps=300)


def recorded(run, part):
    """Test or training error on record; of a regression its root mean squared error in the target's own unit."""
    measured = run.objective.measure(run.theta[None, :], 0.0, 0.0)
    return measured[f"{part}_error"][0], measured[f"{part}_loss"][0]


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("name", SETS)
def test_raw_rows_give_the_recorded_error_of_every_data_set(tmp_path, name, part):
    run = only_run(tmp_path, dataset=name)
    rows, data = run.rows(part), run.configuration.data
    error, loss = recorded(run, part)
    again = Net.from_json(run.net.to_json())
    if not len(rows):
        assert part == "test"
        return
    predicted = again.predict(rows)
    if data.task == "regression":
        actual = rows[list(data.target.names)].to_numpy()
        mean_square = np.square(np.reshape(predicted, actual.shape) - actual).mean(axis=0).sum()
        assert mean_square / data.target.deviation**2 == pytest.approx(loss, rel=1e-10)
    else:
        assert (predicted != rows[data.target.names[0]].to_numpy()).mean() == pytest.approx(error, rel=1e-14)


def test_rows_of_ones_own_table_give_the_recorded_error_and_the_files_own_labels(of_table):
    rows = of_table.rows("test")
    again = Net.from_json(of_table.net.to_json())
    raw = TABLE.iloc[rows.index]  # as pandas reads it: whole numbers, text
    for each in (rows, raw):
        assert (again.predict(each) != raw["kind"]).mean() == recorded(of_table, "test")[0]
    assert set(again.predict(TABLE)) <= {"small", "mid", "large"}


def test_probabilities_are_those_of_the_classes(of_table):
    found = of_table.predict_proba(TABLE)
    assert list(found.columns) == ["large", "mid", "small"]
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
    assert (
        found.to_numpy().argmax(axis=1) == [list(found.columns).index(label) for label in of_table.predict(TABLE)]
    ).all()


def test_of_two_classes_both_have_a_probability(tmp_path):
    run = only_run(tmp_path, dataset="breast_cancer", steps=30)
    found = run.predict_proba(run.rows())
    assert list(found.columns) == ["malignant", "benign"]
    np.testing.assert_allclose(found["benign"], run.guess(run.rows())[:, 0], rtol=0)
    assert ((found["benign"] > 0.5) == (run.predict(run.rows()) == "benign")).all()


@pytest.mark.parametrize("loss", ["hinge", "squared"])
def test_a_loss_without_probabilities_says_so(tmp_path, loss):
    run = only_run(tmp_path, dataset="two_moons", loss=loss)
    assert (run.predict(run.rows()) != run.rows()["label"]).mean() == recorded(run, "test")[0]
    with pytest.raises(UserError, match="gives no probabilities; train with nll"):
        run.predict_proba(run.rows())
    assert list(run.net.table(run.rows()).columns) == ["label", "score of label 1"]


def test_columns_may_stand_in_any_order_with_others_among_them(of_table):
    mixed = TABLE[TABLE.columns[::-1]].assign(other="x").rename(columns={"weight": " weight "})
    pd.testing.assert_frame_equal(of_table.net.table(mixed), of_table.net.table(TABLE))


def test_an_array_has_a_row_per_example(of_table):
    array = TABLE[["size (mm)", "colour", "weight"]].to_numpy()
    assert (of_table.predict(array) == of_table.predict(TABLE)).all()
    assert of_table.guess(array).shape == (40, 3)


def test_a_file_that_is_written_as_the_table_is_can_be_predicted(of_table, tmp_path):
    TABLE.drop(columns="kind").to_csv(tmp_path / "new.csv", index=False)
    assert (of_table.predict(tmp_path / "new.csv") == of_table.predict(TABLE)).all()
    assert len(of_table.predict(TABLE.iloc[:0])) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="weight"), "the rows lack the columns weight; they have: size"),
        (lambda t: t.assign(colour=["pink"] + ["red"] * 39), "row 1 of column colour holds 'pink'.*levels: blue, green, red"),
        (lambda t: t.assign(colour=["red", None] + ["red"] * 38), "row 2 of column colour has no value"),
        (lambda t: t.assign(weight=[1.0, 2.0, np.nan] + [1.0] * 37), r"row 3 of column weight has no value \(1 such row\)"),
        (lambda t: t.assign(weight=["heavy"] + ["1"] * 39), "row 1 of column weight holds 'heavy'; give a number"),
        (lambda t: t.assign(weight=[np.inf] + [1.0] * 39), "row 1 of column weight holds inf"),
        (lambda t: t[["colour", "colour", "weight", "size (mm)"]], "two columns of one name"),
        (lambda t: np.zeros((3, 40)), r"shape \(3, 40\); give \(rows, 3\), a column each for size \(mm\), colour, weight"),
        (lambda t: np.zeros(3), r"shape \(3,\)"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_refused_in_a_line(of_table, change, said):
    with pytest.raises(UserError, match=said):
        of_table.predict(change(TABLE))


def test_a_level_is_known_however_pandas_reads_it():
    encoding = Encoding((Categorical("zip", ("01", "2", "True")),))
    frame = pd.DataFrame({"zip": [1.0, 2.0, 1.0]})
    assert encoding.encode(frame).tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert encoding.encode(pd.DataFrame({"zip": ["TRUE"]})).T.tolist() == [[0.0, 0.0, 1.0]]


def test_several_labels_have_a_label_each():
    net = Net(
        "", {"output": "sigmoid"}, [], "multilabel", Encoding((Numeric("x"),)), Target(("I", "you")), ["I", "you"]
    )
    assert net.columns() == ["label I", "label you", "probability of I", "probability of you"]


def test_a_regressions_numbers_are_in_the_targets_own_unit(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(50.0, 10.0, 80), "b": rng.normal(size=80)})
    table["price"] = 20_000 + 300 * table["a"] + 500 * table["b"]
    table.to_csv(tmp_path / "prices.csv", index=False)
    own = {"table": {"path": str(tmp_path / "prices.csv"), "target": "price"}}
    runs = nnexp.sweep(**{**ASKED, "steps": 2000}, dataset=own, runs_dir=tmp_path)
    run = nnexp.recall(runs.iloc[0])
    rows = run.rows("test")
    off = run.predict(rows) - table["price"].iloc[rows.index].to_numpy()
    assert runs["test_rmse"].iloc[0] == pytest.approx(np.sqrt(np.square(off).mean()), rel=1e-9)
    assert runs["test_rmse"].iloc[0] < 0.1 * table["price"].std()
    assert run.configuration.loss.name == "squared"
    with pytest.raises(UserError, match="part='all' is not known; say train or test"):
        run.rows("all")
