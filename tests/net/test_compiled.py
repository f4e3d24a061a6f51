"""Do the compiled kernels do what NumPy does, to the last few bits, and leave to NumPy what they do not know?"""

import math
from dataclasses import replace

import nets
import numpy as np
import pytest
import tolerances

from nnexp.net import compiled
from nnexp.net.objective import Sample
from nnexp.net.training import train
from nnexp.parts import registry

KNOWN = [registry.make("activation", name) for name in compiled.ACTIVATIONS]
ENDINGS = [
    (registry.make("loss", loss), registry.make("activation", unit) if unit else None) for loss, unit in compiled.LOSSES
]
TANH, NLL = registry.make("activation", "tanh"), ENDINGS[1]
OPTIMIZERS = [
    registry.make("optimizer", "gd"),
    *(nets.sgd(size) for size in (1, 3, 9)),
    *(nets.sgd(size, False) for size in (1, 5, 9)),
]
BUILT = pytest.mark.skipif(compiled.library() is None, reason="the kernels have not been built: there is no C compiler")


def both(monkeypatch, stack):
    """The same trained through the kernels and through NumPy."""
    through_kernels = train(stack)
    with monkeypatch.context() as patched:
        patched.setattr(compiled, "library", lambda: None)
        return through_kernels, train(replace(stack, objective=replace(stack.objective)))


def assert_close(one, other):
    assert nets.close(one.snapshots, other.snapshots, tolerances.ORACLE_RELATIVE)
    for name, curve in one.curves.items():
        np.testing.assert_allclose(curve, other.curves[name], rtol=tolerances.ORACLE_RELATIVE, atol=1e-12)


@BUILT
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
@pytest.mark.parametrize("ending", ENDINGS, ids=nets.ending_label)
@pytest.mark.parametrize("activation", KNOWN, ids=nets.label)
def test_they_do_what_numpy_does(monkeypatch, activation, ending, optimizer):
    for depth, offsets in ((1, True), (2, False), (3, True)):
        objective = nets.objective(nets.sizes(depth), activation, ending, offsets=offsets)
        slow = {"step_sizes": np.linspace(1e-4, 1e-3, nets.RUNS)}  # an unstable way blows up roundings
        stack = nets.stack(objective, optimizer, steps=12, **nets.mixed(nets.RUNS) | slow)
        assert_close(*both(monkeypatch, stack))


@BUILT
@pytest.mark.parametrize("shape", [(2, 9, 17, 1), (20, 33, 4), (1, 1, 1), (3, 64, 64, 10)], ids=str)
@pytest.mark.parametrize("examples", [1, 15, 16, 17, 64, 300, 700])
def test_tiles_and_pieces_of_every_size(monkeypatch, shape, examples):
    """Past the examples that are worked on at once, and with rows and columns that fill no tile."""
    for ending in ENDINGS[:2] if shape[-1] == 1 else ENDINGS:
        objective = nets.objective(shape, TANH, ending, examples=examples)
        assert_close(*both(monkeypatch, nets.stack(objective, runs=2, steps=3, step_sizes=np.full(2, 1e-3))))


@BUILT
@pytest.mark.parametrize("scale", [1e-300, 1.0, 30.0, 1000.0])
def test_saturated_and_tiny_weights(monkeypatch, scale):
    for name in ("tanh", "sigmoid"):
        objective = nets.objective(nets.sizes(3), registry.make("activation", name), NLL)
        wide = (registry.make("initializer", "normal", {"deviation": scale}) if scale > 1e-9 else
                registry.make("initializer", "uniform", {"limit": scale}),) * nets.RUNS  # fmt: skip
        for optimizer in (OPTIMIZERS[0], OPTIMIZERS[1]):
            stack = nets.stack(objective, optimizer, steps=5, initializers=wide)
            one, other = both(monkeypatch, stack)
            assert np.isfinite(one.theta).all()
            np.testing.assert_allclose(one.theta, other.theta, rtol=1e-10, atol=1e-10 * scale)


@BUILT
@pytest.mark.parametrize("ending", ENDINGS, ids=nets.ending_label)
def test_they_measure_what_numpy_measures(monkeypatch, ending):
    """Losses, errors and costs of every task, through nets of every depth, on samples that fill no piece and several."""
    for task in ending[0].tasks:
        for depth, examples in ((1, 5), (2, 130), (3, 1100)):
            if task == "population":
                continue
            sizes = (*nets.sizes(depth)[:-1], 1 if task == "binary" else 3)
            one = nets.objective(sizes, TANH, ending, examples=examples, task=task)
            theta = np.random.default_rng(7).normal(size=(5, one.network.n_parameters))
            none = np.zeros(5)
            found = one.measure(theta, none, none)
            with monkeypatch.context() as patched:
                patched.setattr(compiled, "library", lambda: None)
                expected = replace(one).measure(theta, none, none)
            for name, values in expected.items():
                np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-15, err_msg=f"{task} {name}")


@BUILT
def test_the_smallest_losses_keep_their_digits():
    """-ln sigmoid(z) is exp(-z) to the last bits where z is large: nothing is lost beside 1."""
    objective = nets.objective((1, 1), (), NLL, examples=1)
    sample = Sample(np.ones((1, 1)), np.ones((1, 1)))
    z = np.array([5.0, 20.0, 40.0, 300.0, 700.0])
    theta = np.stack([z, np.zeros(5)], axis=1)
    expected = [math.log1p(math.exp(-v)) for v in z]
    found = compiled.meter(objective.network, sample).sums(theta)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    np.testing.assert_allclose(replace(objective, train=sample).mean_loss(theta), expected, rtol=1e-14)


@BUILT
def test_they_train_what_they_know_and_nothing_else():
    gd, adam = registry.make("optimizer", "gd"), registry.make("optimizer", "adam")
    known = nets.objective(nets.sizes(2), TANH, NLL)
    assert compiled.kernel(known, gd) is not None
    assert compiled.kernel(known, nets.sgd(1)) is not None
    assert compiled.kernel(known, adam) is None
    assert compiled.kernel(nets.objective(nets.sizes(3), (TANH, registry.make("activation", "gelu")), NLL), gd) is None
    huber = registry.make("loss", "huber"), registry.make("activation", "identity")
    assert compiled.kernel(nets.objective(nets.sizes(2), TANH, huber), gd) is None


def test_without_a_compiler_it_is_said(monkeypatch):
    monkeypatch.setattr(compiled.shutil, "which", lambda name: None)
    assert "no C compiler" in compiled.build()


def test_one_switch_leaves_them_out(monkeypatch):
    monkeypatch.setenv("NNEXP_COMPILED", "0")
    assert compiled.library.__wrapped__() is None


@BUILT
@pytest.mark.parametrize(
    "damage", [lambda built: built[: len(built) // 2], lambda built: b"\x00" + built[1:], lambda _: b""]
)
def test_damaged_kernels_are_never_loaded_and_set_aside(tmp_path, monkeypatch, damage):
    """Loading half a library can end the process, and a changed byte in it can train wrongly."""
    built, place = compiled._place().read_bytes(), tmp_path / "kernels.so"
    monkeypatch.setattr(compiled, "_place", lambda: place)
    monkeypatch.setattr(compiled, "set_aside", [])
    place.write_bytes(built)
    assert compiled.library.__wrapped__() is not None
    place.write_bytes(damage(built))
    assert compiled.library.__wrapped__() is None
    (aside,) = compiled.set_aside
    assert aside.file.read_bytes() == damage(built)
    assert "NumPy trains alone, more slowly; python -m nnexp.net.compiled builds it again" in str(aside)
    assert compiled.library.__wrapped__() is None
    assert len(compiled.set_aside) == 1
