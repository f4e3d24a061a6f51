"""Nets, data and stacks for the numeric tests, and the same things as the oracle takes them.

The sizes are distinct primes, so that a swapped axis cannot pass unseen.
"""

from dataclasses import fields, replace

import numpy as np
import oracle

from nnexp.errors import UserError
from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.net.training import Stack
from nnexp.parts import registry

INPUTS, HIDDEN, OUTPUTS, EXAMPLES, TESTS, RUNS = 3, (5, 7), 2, 13, 17, 11
DEPTHS = (1, 2, 3)


def names(kind):
    return list(registry.known(kind))


def with_other_numbers(part):
    """The part with every number with a fraction 1.5 times as large, or half where that is too much; itself if none."""
    numbers = {f.name: getattr(part, f.name) for f in fields(part) if isinstance(getattr(part, f.name), float)}
    return replace(part, **{name: _another(part, name, value) for name, value in numbers.items()})


def _another(part, name, value):
    try:
        registry.make(part.kind, part.name, {name: 1.5 * value})
    except UserError:
        return 0.5 * value
    return 1.5 * value


def every(kind, keep=lambda part: True):
    """Every part of a kind, with its default parameters and with others."""
    made = [registry.make(kind, name) for name in names(kind)]
    return [p for part in made for p in dict.fromkeys([part, with_other_numbers(part)]) if keep(p)]


def label(value):
    """A part's name and its parameters, as the name of a test."""
    return "-".join(map(str, value.settings().values())) if isinstance(value, registry.Part) else None


def activations(with_slope=False):
    """Every activation that the oracle knows."""
    return every("activation", lambda part: part.name in oracle.ACTIVATIONS and (part.has_slope or not with_slope))


def oracle_endings(outputs=OUTPUTS):
    """Every (loss, output unit) that the oracle knows."""
    known = (None, *oracle.ACTIVATIONS)
    return [e for e in endings(outputs) if e[0].name in oracle.LOSSES and (e[1] and e[1].name) in known]


def endings(outputs=OUTPUTS):
    """Every (loss, output unit) that goes together: None for a unit of the loss's own."""
    pairs = []
    for loss in every("loss"):
        units = loss.outputs or names("activation")
        if units == ("softmax",) and outputs == 1:
            continue
        pairs += [(loss, None if unit == "softmax" else registry.make("activation", unit)) for unit in units]
    return pairs


def ending_label(pair):
    return f"{pair[0].name}-{pair[1].name if pair[1] else 'own'}"


def sizes(depth, outputs=OUTPUTS):
    return (INPUTS, *HIDDEN[: depth - 1], outputs)


def tasks(loss):
    """The tasks of a loss that have examples."""
    return [task for task in loss.tasks if task != "population"]


def targets(rng, task, outputs, examples):
    """Y (outputs, examples) of this task."""
    if task == "regression":
        return rng.normal(size=(outputs, examples))
    if task == "multiclass":
        return np.eye(outputs)[:, rng.integers(outputs, size=examples)]
    return rng.integers(2, size=(outputs, examples)).astype(float)


def objective(
    shape, activation, ending, *, task=None, examples=EXAMPLES, cost=10.0, seed=0, offsets=True, penalize_offsets=False
):
    """J of a net of this shape on data drawn from the seed; one activation, or one a hidden layer."""
    rng, (loss, unit) = np.random.default_rng(seed), ending
    task = task or loss.tasks[0]
    hidden = activation if isinstance(activation, tuple) else (activation,) * (len(shape) - 2)
    network = Network(tuple(shape), hidden, unit, loss, offsets)
    train, test = (Sample(rng.normal(size=(shape[0], n)), targets(rng, task, shape[-1], n)) for n in (examples, TESTS))
    return Objective(network, train, test, task, cost, penalize_offsets=penalize_offsets)


def problem(objective, l2=0.0, l1=0.0, sample=None):
    """The same as the oracle takes it."""
    network, sample = objective.network, sample or objective.train
    return oracle.Problem(
        sizes=network.sizes,
        hidden=tuple((f.name, parameters(f)) for f in network.hidden),
        output=network.unit.name if network.unit else None,
        loss=network.loss.name,
        X=sample.X.T.tolist(),
        Y=sample.Y.T.tolist(),
        l2=float(l2),
        l1=float(l1),
        output_parameters=parameters(network.unit),
        offsets=network.offsets,
        penalize_offsets=objective.penalize_offsets,
    )


def parameters(part):
    return {key: value for key, value in part.settings().items() if key != "name"} if part else {}


def thetas(objective, runs=RUNS, seed=1, scale=0.7):
    """Theta (runs, parameters), normal."""
    return scale * np.random.default_rng(seed).normal(size=(runs, objective.network.n_parameters))


def close(found, expected, relative):
    """Whether each number lies within this share of the larger of 1 and the expected one."""
    found, expected = np.asarray(found), np.asarray(expected)
    return found.shape == expected.shape and np.all(np.abs(found - expected) <= relative * np.maximum(1, abs(expected)))


def stack(objective, optimizer=None, *, runs=RUNS, steps=20, every_step=True, **given):
    """Runs with seeds 0, 1, ... and, unless given, one step size, no penalty, a constant schedule, normal weights."""
    recorded = tuple(range(steps + 1)) if every_step else tuple(sorted({0, 1, steps // 2, steps}))
    values = {
        "step_sizes": np.full(runs, 0.1),
        "l2": np.zeros(runs),
        "l1": np.zeros(runs),
        "schedules": (registry.make("schedule", "constant"),) * runs,
        "initializers": (registry.make("initializer", "normal"),) * runs,
        "init_seeds": tuple(range(runs)),
        "order_seeds": tuple(range(runs)),
    }
    values["stopping"] = registry.make("stopping", "steps")
    optimizer = optimizer or registry.make("optimizer", "gd")
    return Stack(objective, optimizer, steps=steps, recorded=recorded, snapshots=recorded, **(values | given))


def mixed(runs):
    """Per-run settings that all differ: step sizes, l2, schedules, initializers and seeds."""
    rng, schedules, initializers = np.random.default_rng(7), every("schedule"), every("initializer")
    return {
        "step_sizes": rng.uniform(0.01, 0.1, runs),
        "l2": rng.uniform(0.0, 0.1, runs) * (np.arange(runs) % 3 > 0),
        "l1": rng.uniform(0.0, 0.1, runs) * (np.arange(runs) % 4 > 1),
        "schedules": tuple(schedules[i % len(schedules)] for i in range(runs)),
        "initializers": tuple(initializers[i % len(initializers)] for i in range(runs)),
        "init_seeds": tuple(int(seed) for seed in rng.integers(2**40, size=runs)),
        "order_seeds": tuple(int(seed) for seed in rng.integers(2**40, size=runs)),
    }


def sgd(batch_size, replacement=True):
    return registry.make("optimizer", "sgd", {"batch_size": batch_size, "replacement": replacement})
