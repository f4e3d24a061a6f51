"""What does every initializer draw?"""

import math

import nets
import numpy as np
import pytest
import tolerances

from nnexp.parts import registry

EVERY = pytest.mark.parametrize("initializer", nets.every("initializer"), ids=nets.label)
INPUTS, OUTPUTS = 97, 89
DEVIATIONS = {
    "normal": lambda part: part.deviation,
    "uniform": lambda part: part.limit / math.sqrt(3.0),
    "glorot": lambda part: math.sqrt(2.0 / (INPUTS + OUTPUTS)),
    "he": lambda part: math.sqrt(2.0 / INPUTS),
}
LIMITS = {"uniform": lambda part: part.limit, "glorot": lambda part: math.sqrt(6.0 / (INPUTS + OUTPUTS))}


def drawn(initializer, seed=0, inputs=INPUTS, outputs=OUTPUTS):
    return initializer.draw(np.random.default_rng(seed), inputs, outputs)


@EVERY
def test_a_layer_is_outputs_by_inputs_and_offset(initializer):
    for inputs, outputs in [(1, 1), (1, 5), (3, 1), (3, 5)]:
        layer = drawn(initializer, 0, inputs, outputs)
        assert layer.shape == (outputs, inputs + 1)
        assert layer.dtype == np.float64
        assert np.isfinite(layer).all()
        assert (layer[:, :-1] != 0.0).all()


@EVERY
def test_the_generator_is_all_it_depends_on(initializer):
    assert np.array_equal(drawn(initializer, 3), drawn(initializer, 3))
    assert not np.array_equal(drawn(initializer, 3), drawn(initializer, 4))


@EVERY
def test_weights_have_mean_zero(initializer):
    weights = drawn(initializer)[:, :-1]
    assert abs(weights.mean()) < tolerances.STATISTICAL * weights.std() / math.sqrt(weights.size)


@pytest.mark.parametrize("name", DEVIATIONS)
def test_weights_have_their_formulas_deviation(name):
    for part in (registry.make("initializer", name), nets.with_other_numbers(registry.make("initializer", name))):
        weights, expected = drawn(part)[:, :-1], DEVIATIONS[name](part)
        assert abs(weights.std() / expected - 1.0) < tolerances.STATISTICAL / math.sqrt(2.0 * weights.size)


@pytest.mark.parametrize("name", LIMITS)
def test_uniform_draws_fill_their_range(name):
    part = registry.make("initializer", name)
    largest = np.abs(drawn(part)[:, :-1]).max() / LIMITS[name](part)
    assert 0.999 < largest <= 1.0


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_offsets_are_drawn_only_if_asked_for(name):
    with_them, without = (registry.make("initializer", name, {"offsets": offsets}) for offsets in (True, False))
    assert (drawn(with_them)[:, -1] != 0.0).all()
    assert (drawn(without)[:, -1] == 0.0).all()
    assert np.array_equal(drawn(with_them)[:, :-1], drawn(without)[:, :-1])


@pytest.mark.parametrize("name", ["glorot", "he"])
def test_published_schemes_start_with_offsets_zero(name):
    assert (drawn(registry.make("initializer", name))[:, -1] == 0.0).all()
