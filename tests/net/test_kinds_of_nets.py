"""Do nets without offsets, with another activation in each layer, and penalties of both kinds do what the oracle does?"""

import itertools

import nets
import numpy as np
import oracle
import pytest
import tolerances

from nnexp import config, plan
from nnexp.configuration import from_settings
from nnexp.errors import UserError
from nnexp.net.training import initial_theta, train
from nnexp.parts import registry

pytestmark = pytest.mark.usefixtures("either_way")

TANH, RELU, SINE = (registry.make("activation", name) for name in ("tanh", "relu", "sine"))
LEAKY = registry.make("activation", "leaky_relu", {"leak": 0.3})
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
SOFTMAX = registry.make("loss", "softmax_nll"), None
KINDS = pytest.mark.parametrize(("offsets", "penalize_offsets"), [(True, False), (True, True), (False, False)])
LAYERS = pytest.mark.parametrize(
    "layers", [(TANH, RELU), (SINE, TANH), (LEAKY, SINE)], ids=lambda f: "-".join(map(nets.label, f))
)
ENDINGS = pytest.mark.parametrize("ending", [NLL, SOFTMAX], ids=nets.ending_label)


@KINDS
@LAYERS
@ENDINGS
def test_value_and_gradient_equal_the_oracle(ending, layers, offsets, penalize_offsets):
    objective = nets.objective(nets.sizes(3), layers, ending, offsets=offsets, penalize_offsets=penalize_offsets)
    theta, l2, l1 = nets.thetas(objective), np.linspace(0.0, 0.5, nets.RUNS), np.linspace(0.4, 0.0, nets.RUNS)
    theta[:, ::5] = 0.0
    found = objective.value(theta, l2, l1), objective.gradient(theta, l2, l1)
    for run, row in enumerate(theta.tolist()):
        problem = nets.problem(objective, l2[run], l1[run])
        assert nets.close(found[0][run], oracle.objective(problem, row), tolerances.ORACLE_RELATIVE)
        assert nets.close(found[1][run], oracle.gradient(problem, row), tolerances.ORACLE_RELATIVE)


@KINDS
@pytest.mark.parametrize(
    "optimizer", [registry.make("optimizer", "gd"), nets.sgd(None), nets.sgd(nets.EXAMPLES, False)], ids=nets.label
)
def test_steps_equal_the_oracle(optimizer, offsets, penalize_offsets):
    objective = nets.objective(nets.sizes(3), (TANH, LEAKY), NLL, offsets=offsets, penalize_offsets=penalize_offsets)
    given = {name: nets.mixed(3)[name] for name in ("l2", "l1")}
    stack = nets.stack(objective, optimizer, runs=3, steps=15, **given)
    trained = train(stack)
    for run, theta in enumerate(initial_theta(stack).tolist()):
        path = oracle.trajectory(nets.problem(objective, stack.l2[run], stack.l1[run]), theta, [0.1] * 15)
        assert nets.close(trained.snapshots[run], path, tolerances.TRAJECTORY_RELATIVE)


@pytest.mark.parametrize("batch", [1, 3, 9])
def test_nets_without_offsets_by_any_batch(batch):
    objective = nets.objective(nets.sizes(3), (TANH, SINE), NLL, offsets=False)
    stack = nets.stack(objective, nets.sgd(batch), runs=3, steps=20, **nets.mixed(3))
    trained = train(stack)
    assert trained.theta.shape == (3, 3 * 5 + 5 * 7 + 7 * 2)
    for run in range(3):
        assert np.array_equal(train(stack.only([run])).theta[0], trained.theta[run])


def test_without_offsets_zero_is_guessed_as_zero():
    network = nets.objective(nets.sizes(3), TANH, (registry.make("loss", "squared"), registry.make("activation", "identity")),
                             offsets=False).network  # fmt: skip
    theta = nets.thetas(nets.objective(nets.sizes(3), TANH, NLL, offsets=False))
    assert not network.guess(theta, np.zeros((3, 1))).any()
    assert network.is_weight().all()
    for (W, W0), n in zip(network.weights(theta[0]), network.sizes[1:], strict=True):
        assert W.shape[1] == n
        assert W0.tolist() == [0.0] * n
    assert np.array_equal(network.theta(network.weights(theta[0])), theta[0])


def test_l1_makes_weights_small_that_the_data_do_not_need():
    """Of y = x1 with three inputs, l1 leaves the two others near 0; the rest is shortened as soft thresholding says."""
    rng = np.random.default_rng(0)
    X, _ = np.linalg.qr(rng.normal(size=(40, 3)))
    made = nets.objective((3, 1), None, (registry.make("loss", "squared"), registry.make("activation", "identity")),
                          offsets=False)  # fmt: skip
    sample = type(made.train)(X.T * np.sqrt(40.0), np.sqrt(40.0) * X[:, :1].T)
    objective = type(made)(made.network, sample, made.test, "regression")
    stack = nets.stack(
        objective, runs=1, steps=4000, every_step=False, l1=np.array([0.2]), step_sizes=np.array([0.002])
    )
    assert nets.close(train(stack).theta[0], [1.0 - 0.2 / 2.0, 0.0, 0.0], 0.001)  # its steps of 0.0004 swing about 0


def planned(**asked):
    return plan.plan(config.check({"seeds": 1, "steps": 1, **asked})).configurations


def test_an_activation_for_each_layer_is_asked_for_by_name():
    (made,) = planned(depth=3, activations=["tanh", {"leaky_relu": {"leak": 0.2}}])
    assert [part.name for part in made.network().hidden] == ["tanh", "leaky_relu"]
    shown = made.shown()
    assert shown["activations"] == "tanh-leaky_relu"
    assert shown["activation"] is None
    assert shown["activation.leaky_relu.leak"] == 0.2
    assert from_settings(made.settings()) == made


def test_lists_of_activations_are_an_axis():
    two = planned(depth=3, activations=[["tanh", "relu"], ["relu", "tanh"]], offsets=[True, False])
    asked = {(c.shown()["activations"], c.offsets) for c in two}
    assert asked == set(itertools.product(("tanh-relu", "relu-tanh"), (True, False)))


def test_the_same_activation_stated_layer_by_layer_is_the_same_configuration():
    assert planned(depth=3, activations=["tanh", "tanh"])[0].id == planned(depth=3, activation="tanh")[0].id


def test_activations_for_other_layers_than_there_are_are_refused():
    with pytest.raises(UserError, match=r"is for 2 hidden layers, and a net here has 1; .*depth=3"):
        planned(depth=2, activations=["tanh", "relu"])


def test_what_is_not_penalized_is_no_axis():
    assert len(planned(penalize_offsets=[True, False])) == 1
    assert len(planned(penalize_offsets=[True, False], l2=0.1, offsets=False)) == 1
    assert len(planned(penalize_offsets=[True, False], l1=0.1)) == 2
