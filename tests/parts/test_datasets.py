"""Does every data set give points and targets as columns, the same at every call, honestly split?"""

import functools
from dataclasses import fields

import nets
import numpy as np
import pytest
import tolerances

from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.parts.datasets.base import Data, split, standardized
from nnexp.parts.datasets.shipped import Shipped

NAMES = [name for name in nets.names("dataset") if name != "table"]
SHIPPED = [name for name in NAMES if issubclass(registry.known("dataset")[name], Shipped)]
EVERY = pytest.mark.parametrize("name", NAMES)
ARRAYS = ("X_train", "Y_train", "X_test", "Y_test")


@functools.cache
def load(name, **given):
    return registry.make("dataset", name, given).load()


def having(field):
    return [name for name in NAMES if field in {f.name for f in fields(registry.known("dataset")[name])}]


def points(data):
    """Every point with its target, as a set of tuples."""
    parts = [(data.X_train, data.Y_train), (data.X_test, data.Y_test)]
    return [{tuple(column) for column in np.concatenate(part).T} for part in parts]


@EVERY
def test_loads_twice_the_same(name):
    again = registry.make("dataset", name).load()
    assert all(np.array_equal(getattr(load(name), array), getattr(again, array)) for array in ARRAYS)


@EVERY
def test_shapes_and_names_agree(name):
    data = load(name)
    assert data.X_train.shape[0] == data.X_test.shape[0] == len(data.inputs)
    assert data.Y_train.shape[0] == data.Y_test.shape[0] == len(data.outputs)
    assert data.X_train.shape[1] == data.Y_train.shape[1]
    assert data.X_test.shape[1] == data.Y_test.shape[1]
    assert (data.X_train.shape[1] == 0) == (data.task == "population")
    assert all(np.isfinite(getattr(data, array)).all() for array in ARRAYS)
    assert all(getattr(data, array).dtype == np.float64 for array in ARRAYS)
    assert len(set(data.inputs)) == len(data.inputs)


@EVERY
def test_targets_are_what_the_task_says(name):
    data = load(name)
    Y = np.concatenate([data.Y_train, data.Y_test], axis=1)
    assert data.task in {"regression", "binary", "multiclass", "multilabel", "population"}
    if data.task == "population":
        assert Y.shape == (1, 0)
        return
    if data.task != "regression":
        assert set(np.unique(Y)) == {0.0, 1.0}
    if data.task == "multiclass":
        assert len(Y) > 2
        assert (Y.sum(axis=0) == 1.0).all()
    if data.task == "binary":
        assert len(Y) == 1


@pytest.mark.parametrize("name", having("test_share"))
def test_the_test_share(name):
    for share in (0.0, 0.25):
        data = load(name, test_share=share)
        train, test = data.X_train.shape[1], data.X_test.shape[1]
        assert test == round(share * (train + test))
        assert train + test == load(name).X_train.shape[1] + load(name).X_test.shape[1]


@pytest.mark.parametrize("name", having("test_share"))
def test_train_and_test_are_disjoint(name):
    train, test = points(load(name))
    if name in SHIPPED:  # real data may hold an example twice
        train_only = len(train - test) / len(train)
        assert train_only > 0.99
    else:
        assert not train & test


@pytest.mark.parametrize("name", having("seed"))
def test_the_seed_deals_anew(name):
    given = {"noise": 0.1} if name == "xor" else {}
    zero, one = (load(name, seed=seed, **given) for seed in (0, 1))
    assert not np.array_equal(zero.X_train, one.X_train)
    assert zero.X_train.shape == one.X_train.shape


@pytest.mark.parametrize("name", SHIPPED)
def test_real_inputs_are_standardized_on_the_training_part(name):
    X = load(name).X_train
    varies = X.std(axis=1) > 0.0
    assert np.abs(X.mean(axis=1)).max() < tolerances.STANDARDIZED
    assert np.abs(X[varies].std(axis=1) - 1.0).max() < tolerances.STANDARDIZED
    assert (X[~varies] == 0.0).all()
    assert varies.mean() > 0.9
    assert np.abs(load(name).X_test.mean(axis=1)).max() > 1e-3  # the test part had no say


@pytest.mark.parametrize(("name", "d", "outputs", "n"), [("iris", 4, 3, 150), ("breast_cancer", 30, 1, 569)])
def test_real_data_are_whole(name, d, outputs, n):
    data = load(name, test_share=0.0)
    assert (data.X_train.shape, data.Y_train.shape) == ((d, n), (outputs, n))
    assert data.Y_train[0].sum() == {"iris": 50.0, "breast_cancer": 357.0}[name]


def test_a_split_is_by_its_own_seed_and_keeps_pairs_together():
    X, Y = np.arange(20.0)[None, :], 10.0 * np.arange(20.0)[None, :]
    one, two = (split(X, Y, "regression", 0.3, seed, ("x",), ("y",)) for seed in (0, 1))
    assert one.X_test.shape == (1, 6)
    assert not np.array_equal(one.X_test, two.X_test)
    assert sorted([*one.X_train[0], *one.X_test[0]]) == list(range(20))
    assert np.array_equal(one.Y_test, 10.0 * one.X_test)


def test_a_split_leaves_one_example_to_train_on():
    one = split(np.ones((1, 1)), np.ones((1, 1)), "regression", 0.9, 0, ("x",), ("y",))
    assert (one.X_train.shape[1], one.X_test.shape[1]) == (1, 0)


def test_standardizing_by_hand():
    data = Data(
        np.array([[1.0, 3.0], [5.0, 5.0]]),
        np.zeros((1, 2)),
        np.array([[4.0], [6.0]]),
        np.zeros((1, 1)),
        "binary",
        ("a", "b"),
        ("y",),
    )
    found = standardized(data)
    assert found.X_train.tolist() == [[-1.0, 1.0], [0.0, 0.0]]  # what does not vary is only centered
    assert found.X_test.tolist() == [[2.0], [1.0]]
    assert found.encoding.encode(np.array([[4.0, 6.0], [1.0, 5.0]])).tolist() == [[2.0, -1.0], [1.0, 0.0]]


def test_habitable_zone_by_its_rule():
    for inverted in (False, True):
        data = load("habitable_zone", inverted=inverted, test_share=0.0)
        total = data.X_train.sum(axis=0)
        assert np.array_equal(data.Y_train[0] == 1.0, ((total >= 2.0) & (total <= 6.0)) == inverted)
    assert 0.6 < load("habitable_zone", examples=3000, test_share=0.0).Y_train.mean() < 0.76  # 68 % of the square


def test_go_for_a_run_by_its_rule():
    data = load("go_for_a_run", test_share=0.0)
    rain, temperature = data.X_train
    assert np.array_equal(data.Y_train[0] == 1.0, (rain < 2.0) & (temperature > 5.0) & (temperature < 30.0))
    assert 0.1 < data.Y_train.mean() < 0.9


@pytest.mark.parametrize("name", ["habitable_zone", "go_for_a_run"])
def test_noise_turns_over_its_share_of_labels(name):
    clean, noisy = (load(name, examples=3000, noise=noise, test_share=0.0) for noise in (0.0, 0.2))
    assert np.array_equal(clean.X_train, noisy.X_train)
    turned = (clean.Y_train != noisy.Y_train).mean()
    assert abs(turned - 0.2) < tolerances.STATISTICAL * np.sqrt(0.2 * 0.8 / 3000)


@EVERY
def test_some_loss_goes_with_it(name):
    assert any(load(name).task in loss.tasks for loss in registry.known("loss").values())


def test_relu_teacher_has_no_examples_and_as_many_inputs_as_units():
    for units in (1, 7):
        data = load("relu_teacher", units=units)
        assert data.X_train.shape == data.X_test.shape == (units, 0)
        assert data.inputs == tuple(f"x{i}" for i in range(1, units + 1))
    assert [name for name, loss in registry.known("loss").items() if data.task in loss.tasks] == ["squared"]


def test_xor_by_hand():
    data = load("xor")
    assert np.concatenate([data.X_train, data.Y_train]).T.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert load("xor", copies=3).X_train.shape == (2, 12)


def test_noisy_sine_by_its_rule():
    data = load("noisy_sine", noise=0.0, periods=2.0, test_share=0.0)
    assert np.allclose(data.Y_train, np.sin(np.pi * data.X_train), atol=1e-15)
    assert 1.9 < np.abs(data.X_train).max() <= 2.0


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_blobs_lie_about_their_centers(classes):
    data = load("blobs", classes=classes, noise=0.01, test_share=0.0)
    label = data.Y_train.argmax(axis=0) if classes > 2 else data.Y_train[0]
    centers = 2.0 * np.stack([np.cos(2.0 * np.pi * label / classes), np.sin(2.0 * np.pi * label / classes)])
    assert np.abs(data.X_train - centers).max() < 0.06
    assert len(data.Y_train) == (1 if classes == 2 else classes)


def test_stated_points_are_those_stated_and_all_trained_on():
    data = load("points", points=((1, 2), (3, 4), (5, 6)), targets=((0, 7), (1, 8), (0, 9)))
    assert data.X_train.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert data.Y_train.tolist() == [[0, 1, 0], [7, 8, 9]]
    assert (data.X_test.shape, data.Y_test.shape, data.outputs) == ((2, 0), (2, 0), ("y1", "y2"))


@pytest.mark.parametrize(
    ("targets", "task", "expected"),
    [
        (((0,), (1,)), "auto", "binary"),
        (((0, 1), (1, 1)), "auto", "multilabel"),
        (((0,), (0.75,)), "auto", "regression"),
        (((0,), (1,)), "regression", "regression"),
    ],
)
def test_the_task_of_stated_points(targets, task, expected):
    assert load("points", points=((0,), (1,)), targets=targets, task=task).task == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"points": ((0, 1), (1,))}, "lists of one length"),
        ({"points": ((), ())}, "lists of one length"),
        ({"targets": ()}, "lists of one length"),
        ({"targets": ((0,),)}, "4 points and 1 targets"),
        ({"targets": ((0,), (1,), (2,), (3,)), "task": "labels"}, "neither 0 nor 1"),
    ],
)
def test_stated_points_that_do_not_fit_are_refused(given, said):
    with pytest.raises(UserError, match=said):
        load("points", **given)


def test_auers_points_by_hand():
    data = load("auer", coordinates=2, scales=3, ratio=10.0)
    assert np.allclose(data.X_train, [[1, 0.1, 0.01, 0, 0, 0], [0, 0, 0, 1, 0.1, 0.01]], atol=0, rtol=1e-15)
    assert (data.Y_train == 0.75).all()
    labeled = load("auer", coordinates=2, scales=3, ratio=10.0, labels=True)
    assert labeled.Y_train.tolist() == [[1, 1, 1, 0] * 6]
    assert np.array_equal(labeled.X_train[:, ::4], data.X_train)
    assert (data.task, labeled.task) == ("regression", "binary")


def test_a_linear_map_without_noise_is_one():
    data = load("linear_map", noise=0.0, coordinates=5, targets=3, test_share=0.0)
    A = np.linalg.lstsq(data.X_train.T, data.Y_train.T)[0].T
    assert A.shape == (3, 5)
    assert np.abs(A @ data.X_train - data.Y_train).max() < tolerances.STANDARDIZED
    noisy = load("linear_map", noise=0.5, coordinates=5, targets=3, test_share=0.0)
    spread = np.std(noisy.Y_train - data.Y_train)
    assert abs(spread / 0.5 - 1.0) < tolerances.STATISTICAL / np.sqrt(2.0 * data.Y_train.size)
