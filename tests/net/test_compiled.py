"""Do the compiled kernels do what NumPy does, to the last few bits, and leave to NumPy what they do not know?"""

import nets
import numpy as np
import pytest
import tolerances

from nnexp.net import compiled
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
        return through_kernels, train(stack)


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
