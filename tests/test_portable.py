"""Does a net that was carried away say what the run says that it came from?"""

import numpy as np
import pandas as pd
import pytest

import nnexp
from nnexp.errors import UserError
from nnexp.portable import Net

ASKED = {"steps": 7, "seeds": 2, "width": 3, "backend": {"where": "serial"}}
KINDS = {
    "binary": {"dataset": "two_moons", "activation": "tanh", "features": {"polynomial": {"order": 3}}},
    "multiclass": {"dataset": "iris", "loss": "softmax_nll", "depth": 3},
    "regression": {"dataset": "noisy_sine", "loss": "squared", "activation": "relu", "offsets": False},
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    runs = nnexp.sweep(**{**ASKED, **KINDS[request.param]}, runs_dir=tmp_path_factory.mktemp(request.param))
    run = nnexp.recall(runs.iloc[1])
    return request.param, run, Net.of(runs.iloc[1], run.configuration)


def points(run):
    data = run.configuration.data
    return pd.DataFrame(data.X_test.T, columns=list(data.inputs), index=range(100, 100 + data.X_test.shape[1]))


def test_it_guesses_what_the_run_guesses_through_json(kind):
    _, run, net = kind
    again = Net.from_json(net.to_json())
    told = again.guess(points(run))
    assert list(told.columns) == net.columns()
    assert list(told.index) == list(points(run).index)
    np.testing.assert_array_equal(told[net.outputs].to_numpy().T, run.guess(run.configuration.data.X_test))


def test_its_labels_are_those_of_the_error_on_record(kind):
    task, run, net = kind
    told, data = net.guess(points(run)), run.configuration.data
    if task == "regression":
        assert list(told.columns) == ["y"]
        return
    right = data.Y_test[0] if task == "binary" else np.array(net.outputs)[data.Y_test.argmax(axis=0)]
    wrong = (told["label"].to_numpy() != right).mean()
    assert wrong == pytest.approx(run.objective.measure(run.theta[None, :], 0.0, 0.0)["test_error"][0])


def test_columns_may_stand_in_any_order_with_others_among_them(kind):
    _, run, net = kind
    table = points(run)
    mixed = table[table.columns[::-1]].assign(other="x")
    pd.testing.assert_frame_equal(net.guess(mixed), net.guess(table))


def test_what_is_missing_or_no_number_is_said(kind):
    _, run, net = kind
    table = points(run)
    with pytest.raises(
        UserError, match=f"points lack the columns {net.inputs[-1]}".replace("(", r"\(").replace(")", r"\)")
    ):
        net.guess(table.drop(columns=net.inputs[-1]))
    with pytest.raises(UserError, match="points must be numbers"):
        net.guess(table.assign(**{net.inputs[0]: "a"}))


def test_several_labels_have_a_label_each():
    net = Net("", {}, [], "multilabel", ["x"], ["I run", "my friend runs"])
    assert net.columns() == ["I run", "my friend runs", "label I run", "label my friend runs"]
    said = net._labels(np.array([[0.2, 0.9], [0.6, 0.5]]))
    assert {name: list(row) for name, row in said.items()} == {"label I run": [0, 1], "label my friend runs": [1, 0]}
