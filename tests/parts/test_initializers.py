"""What does every initializer draw?"""

import math
from itertools import pairwise

import nets
import numpy as np
import pytest
import tolerances

from nnexp.errors import UserError
from nnexp.parts import registry

RANDOM = nets.every("initializer", lambda part: part.is_random)
EVERY = pytest.mark.parametrize("initializer", RANDOM, ids=nets.label)
INPUTS, OUTPUTS = 97, 89
DEVIATIONS = {
    "normal": lambda part: part.deviation,
    "uniform": lambda part: part.limit / math.sqrt(3.0),
    "glorot": lambda part: math.sqrt(2.0 / (INPUTS + OUTPUTS)),
    "he": lambda part: math.sqrt(2.0 / INPUTS),
    "log_uniform": lambda part: math.sqrt((part.most**2 - part.least**2) / (2.0 * math.log(part.most / part.least))),
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


@pytest.mark.parametrize("name", ["normal", "uniform", "log_uniform"])
def test_offsets_are_drawn_only_if_asked_for(name):
    with_them, without = (registry.make("initializer", name, {"offsets": offsets}) for offsets in (True, False))
    assert (drawn(with_them)[:, -1] != 0.0).all()
    assert (drawn(without)[:, -1] == 0.0).all()
    assert np.array_equal(drawn(with_them)[:, :-1], drawn(without)[:, :-1])


@pytest.mark.parametrize("name", ["glorot", "he"])
def test_published_schemes_start_with_offsets_zero(name):
    assert (drawn(registry.make("initializer", name))[:, -1] == 0.0).all()


def test_sizes_of_log_uniform_draws_fill_their_range_evenly():
    sizes = np.abs(drawn(registry.make("initializer", "log_uniform", {"least": 0.5, "most": 32.0})))
    counts = np.histogram(np.log2(sizes), bins=6, range=(-1.0, 5.0))[0]
    share, n = 1.0 / 6.0, sizes.size
    assert counts.sum() == n
    assert np.abs(counts / n - share).max() < tolerances.STATISTICAL * math.sqrt(share * (1.0 - share) / n)


STATED = {"W": [[[1, 2, 3], [4, 5, 6]], [[7], [8], [9]]], "W0": [[0.1, 0.2, 0.3], [0.4]]}


def test_given_weights_are_those_stated_layer_by_layer():
    layers = registry.make("initializer", "given", STATED).layers(np.random.default_rng(0), (2, 3, 1))
    assert [layer.tolist() for layer in layers] == [[[1, 4, 0.1], [2, 5, 0.2], [3, 6, 0.3]], [[7, 8, 9, 0.4]]]


def test_two_given_layers_of_one_shape_stay_apart():
    part = registry.make("initializer", "given", {"W": [[[1.0]], [[2.0]]]})
    assert [layer.tolist() for layer in part.layers(np.random.default_rng(0), (1, 1, 1))] == [[[1, 0]], [[2, 0]]]
    with pytest.raises(UserError, match="2 layers of 1 inputs and 1 units"):
        part.draw(np.random.default_rng(0), 1, 1)


def test_nothing_given_is_the_origin():
    part = registry.make("initializer", "given")
    assert all((layer == 0.0).all() for layer in part.layers(np.random.default_rng(0), (2, 3, 1)))
    assert (part.draw(np.random.default_rng(0), 3, 5) == np.zeros((5, 4))).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"W": [[[1, 2, 3], [4, 5, 6]]]}, "state 2 lists of 3 and 3 lists of 1"),
        ({"W": [[[1, 2, 3], [4, 5]], [[7], [8], [9]]]}, "state 2 lists of 3 and 3 lists of 1"),
        ({"W0": [[1, 2], [3]]}, "state 3 and 1 numbers"),
    ],
)
def test_given_weights_that_do_not_fit_are_refused(changed, said):
    with pytest.raises(UserError, match=said):
        registry.make("initializer", "given", STATED | changed).check((2, 3, 1))


def test_given_offsets_are_refused_where_there_are_none():
    with pytest.raises(UserError, match="offsets=true"):
        registry.make("initializer", "given", STATED).check((2, 3, 1), offsets=False)
    registry.make("initializer", "given", {"W": STATED["W"]}).check((2, 3, 1), offsets=False)


@pytest.mark.parametrize("initializer", nets.every("initializer"), ids=nets.label)
def test_a_net_is_drawn_layer_by_layer(initializer):
    sizes = (5, 3, 2)
    whole, rng = initializer.layers(np.random.default_rng(4), sizes), np.random.default_rng(4)
    parts = [initializer.draw(rng, m, n) for m, n in pairwise(sizes)]
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))
