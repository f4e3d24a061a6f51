"""Which runs does a sweep ask for, each once, under which id, and which can be trained together?"""

import subprocess
import sys
from pathlib import Path

import nets
import pytest

from nnexp.config import check
from nnexp.configuration import digest, from_settings
from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.plan import plan, stack, stacks

BASE = {"dataset": "xor", "steps": 5, "seeds": 1}

AXES = {
    "dataset": ["xor", "two_moons", "circles"],
    "features": ["identity", "polynomial"],
    "depth": [2, 3, 4],
    "width": [2, 3],
    "widths": [[2, 3], [3, 2], [4]],
    "activation": nets.names("activation"),
    "output": ["identity", "sigmoid", "tanh"],
    "loss": ["nll", "squared"],
    "optimizer": nets.names("optimizer"),
    "step_size": [0.1, 0.2, 0.5],
    "schedule": nets.names("schedule"),
    "l2": [0.0, 0.1],
    "initializer": nets.names("initializer"),
    "steps": [0, 1, 5],
    "passes": [1.0, 2.0, 0.5],
}


def planned(**asked):
    return plan(check(BASE | asked))


def count(**asked):
    made = planned(**asked)
    return len(made.configurations), len(made.runs)


def ids(**asked):
    return [run.id for run in planned(**asked).runs]


@pytest.mark.parametrize("key", AXES)
def test_every_list_is_an_axis(key):
    asked = (
        {key: AXES[key]}
        | ({"steps": None} if key == "passes" else {})
        | ({"loss": "squared"} if key == "output" else {})
    )
    made = ids(**asked, **({} if key == "optimizer" else {"optimizer": {"sgd": {"batch_size": 1}}}))
    assert len(made) == len(set(made)) == len(AXES[key])


def test_axes_multiply_in_the_order_of_the_keys():
    made = planned(depth=[2, 3], step_size=[0.1, 0.2, 0.5], seeds=[7, 0])
    runs = [(r.configuration.depth, r.configuration.step_size, r.init_seed) for r in made.runs]
    assert runs == [(d, s, seed) for d in (2, 3) for s in (0.1, 0.2, 0.5) for seed in (7, 0)]


def test_a_parts_own_parameters_multiply_only_its_runs():
    assert count(optimizer={"gd": {}, "sgd": {"batch_size": [1, 2], "replacement": [True, False]}})[0] == 1 + 4


@pytest.mark.parametrize("unused", [{"width": [2, 3]}, {"activation": ["tanh", "relu"]}])
def test_what_a_linear_model_does_not_use_is_no_axis(unused):
    assert count(depth=1, **unused) == (1, 1)
    assert count(depth=2, **unused) == (2, 2)
    assert count(depth=[1, 2], **unused) == (3, 3)


def test_widths_stand_in_place_of_depth_and_width():
    assert count(widths=[[8, 8]], depth=[1, 2], width=[3, 4]) == (1, 1)
    assert ids(widths=[[8, 8]]) == ids(depth=3, width=8)


def test_the_order_of_data_is_no_axis_of_gd():
    crossed = {"init_seeds": [0, 1, 2], "order_seeds": [0, 1]}
    assert count(**crossed) == (1, 3)
    assert count(**crossed, optimizer="sgd") == (1, 6)
    assert {run.order_seed for run in planned(**crossed).runs} == {None}


def test_the_output_that_a_loss_brings_is_the_same_stated():
    assert count(output=[None, "sigmoid"]) == (1, 1)


def test_equal_runs_are_planned_once():
    assert count(step_size=[0.5, 0.5], seeds=[3, 3, 0]) == (1, 2)
    assert count(l2=[0, 0.0], step_size=[1, 1.0]) == (1, 1)


def test_passes_become_steps():
    """xor has 4 examples; a shuffled pass in batches of 3 takes two steps."""
    sgd = {"sgd": {"batch_size": [1, 3], "replacement": [True, False]}}
    made = planned(steps=None, passes=6, optimizer=[{"gd": {}}, sgd])
    assert [c.steps for c in made.configurations] == [6, 24, 24, 8, 12]
    assert planned(steps=None).configurations[0].steps == 1000
    assert planned(steps=None, passes=0.1).configurations[0].steps == 1
    assert ids(steps=None, passes=5) == ids(steps=5)


def test_seed_zero_is_a_seed():
    runs = planned(seeds=[0], optimizer="sgd").runs
    assert [(run.init_seed, run.order_seed) for run in runs] == [(0, 0)]
    assert planned(steps=0).configurations[0].steps == 0
    assert [run.init_seed for run in planned(seeds=3).runs] == [0, 1, 2]


def test_pairs_move_together():
    made = planned(step_size=[0.1, 0.2], pairs=[{"depth": [1, 2, 3], "width": [2, 3, 5]}])
    assert [c.widths for c in made.configurations] == [(), (3,), (5, 5)] * 2
    made = planned(optimizer=["gd", "sgd"], steps=None, pairs=[{"optimizer": ["gd", "sgd"], "passes": [6, 2]}])
    assert [(c.optimizer.name, c.steps) for c in made.configurations] == [("gd", 6), ("sgd", 8)]


def test_a_pair_keeps_the_parameters_asked_for():
    made = planned(
        optimizer={"sgd": {"batch_size": [1, 2]}}, pairs=[{"optimizer": ["gd", "sgd"], "step_size": [0.5, 0.1]}]
    )
    assert [(c.optimizer.batch_size, c.step_size) for c in made.configurations] == [(1, 0.1), (2, 0.1)]


@pytest.mark.parametrize(
    "pairs", [[{"depth": [1, 2], "width": [2]}], [{"depht": [1, 2]}], [{"optimizer": ["sgd"], "step_size": [1.0]}]]
)
def test_pairs_that_cannot_be_are_refused(pairs):
    with pytest.raises(UserError):
        planned(pairs=pairs)


def test_exclude_takes_combinations_out():
    asked = {"depth": [2, 3], "activation": ["tanh", "relu"], "step_size": [0.1, 0.2]}
    made = planned(**asked, exclude=[{"depth": 3, "activation": "relu"}, {"step_size": 0.2, "depth": [2, 3]}])
    assert [(c.depth, c.activation.name) for c in made.configurations] == [(2, "tanh"), (2, "relu"), (3, "tanh")]
    with pytest.raises(UserError, match="exclude"):
        planned(exclude=[{"depth": 2}])


@pytest.mark.parametrize("asked", [{"exclude": [{"widths": None}]}, {"pairs": [{"widths": None, "depth": [1, 2]}]}])
def test_null_in_exclude_and_pairs_is_used_or_refused(asked):
    with pytest.raises(UserError):
        planned(**asked)


def test_steps_and_passes_are_refused_also_through_pairs():
    with pytest.raises(UserError, match="passes is given, and pairs moves steps"):
        planned(steps=None, passes=7, pairs=[{"depth": [1, 2], "steps": [10, 20]}])


def test_a_key_in_two_pairs_is_refused():
    with pytest.raises(UserError, match="pairs"):
        planned(pairs=[{"depth": [1, 2], "width": [4, 8]}, {"depth": [3, 4], "step_size": [0.1, 0.2]}])


def test_minus_zero_is_zero():
    assert count(l2=[0.0, -0.0]) == (1, 1)


def test_ids_are_stable():
    """A run on record is found again only if its id is the same for ever, in any process; a new id disowns all records."""
    code = (
        "from nnexp import plan, config; "
        "print(plan.plan(config.check({'dataset': 'xor', 'steps': 5, 'seeds': 1})).runs[0].id)"
    )
    root = Path(__file__).parents[1]
    other = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout.split() == ids() == ["2862ddd4f87570d0"]


@pytest.mark.parametrize("key", ["false_negative_cost", "curve_points", "snapshots"])
def test_what_is_measured_is_part_of_the_id(key):
    assert ids(**{key: 3}) != ids(**{key: 4})


def test_every_parameter_of_every_part_is_part_of_the_id():
    for kind in registry.MODULES:
        parts = [part for part in nets.every(kind) if part.name != "table"]
        assert len({repr(part.identity()) for part in parts}) == len(parts)


def test_seeds_are_part_of_the_id():
    made = ids(optimizer="sgd", init_seeds=[0, 1], order_seeds=[0, 1])
    assert len(set(made)) == 4


def test_a_tables_content_is_part_of_the_id_and_its_path_is_not(tmp_path):
    text = "x,y\n" + "\n".join(f"{i / 2},{i % 2}" for i in range(10))
    files = [tmp_path / name for name in ("one.csv", "same.csv", "other.csv")]
    for file, content in zip(files, (text, text, text.replace("4.5,1", "4.75,1")), strict=True):
        file.write_text(content)
    one, same, other = (ids(dataset={"table": {"path": str(file), "target": "y"}}) for file in files)
    assert one == same != other
    files[0].write_text(files[2].read_text())
    assert ids(dataset={"table": {"path": str(files[0]), "target": "y"}}) == other


def test_settings_make_the_configuration_again():
    asked = {"depth": [1, 3], "loss": "squared", "optimizer": ["gd", "sgd"], "features": nets.names("features")}
    for configuration in planned(**asked).configurations:
        again = from_settings(configuration.settings())
        assert again == configuration
        assert again.id == configuration.id


TOGETHER = {
    "step_size": [0.1, 0.2],
    "l2": [0.0, 0.1],
    "schedule": nets.names("schedule"),
    "initializer": nets.names("initializer"),
    "seeds": 3,
}


@pytest.mark.parametrize("key", TOGETHER)
def test_runs_that_differ_in_this_share_a_stack(key):
    runs = planned(**{key: TOGETHER[key]}).runs
    assert len(runs) > 1
    assert [list(runs)] == stacks(runs)


@pytest.mark.parametrize("key", [key for key in AXES if key not in {*TOGETHER, "passes"}])
def test_runs_that_differ_in_anything_else_do_not(key):
    runs = planned(**{"loss": "squared", key: AXES[key]}).runs
    assert [len(group) for group in stacks(runs)] == [1] * len(AXES[key])


def test_a_stack_holds_each_runs_own_settings():
    runs = planned(step_size=[0.1, 0.2], l2=[0.0, 0.3], seeds=[5, 0], optimizer="sgd", snapshots=2).runs
    made = stack(runs)
    assert made.step_sizes.tolist() == [run.configuration.step_size for run in runs]
    assert made.l2.tolist() == [run.configuration.l2 for run in runs]
    assert made.init_seeds == made.order_seeds == (5, 0) * 4
    assert made.recorded == (0, 1, 2, 3, 4, 5)
    assert made.snapshots == (0, 5)


@pytest.mark.parametrize(("n", "kept"), [(0, ()), (1, (5,)), (3, (0, 2, 5)), (99, (0, 1, 2, 3, 4, 5))])
def test_snapshots_are_spread_over_what_is_recorded(n, kept):
    assert stack(planned(snapshots=n).runs).snapshots == kept


def test_exclude_and_pairs_heed_a_parts_parameters():
    both = {"sgd": {"batch_size": [1, 16]}}
    left = planned(optimizer=both, exclude=[{"optimizer": {"sgd": {"batch_size": 16}}}])
    assert [c.optimizer.batch_size for c in left.configurations] == [1]
    small, large = {"sgd": {"batch_size": 1}}, {"sgd": {"batch_size": 16}}
    paired = planned(optimizer=both, pairs=[{"optimizer": [small, large], "step_size": [0.1, 0.5]}])
    assert [(c.optimizer.batch_size, c.step_size) for c in paired.configurations] == [(1, 0.1), (16, 0.5)]


def test_a_key_that_is_paired_cannot_be_given_too():
    with pytest.raises(UserError, match=r"passes is given.*say pairs=\[\]"):
        planned(steps=None, passes=5, optimizer=["gd", "sgd"], pairs=[{"optimizer": ["gd", "sgd"], "passes": [3, 4]}])


def test_exclude_speaks_of_the_length_in_the_sweeps_own_word():
    assert [c.steps for c in planned(steps=[5, 7], exclude=[{"steps": 5}]).configurations] == [7]
    with pytest.raises(UserError, match="exclude names steps, but the sweep does not"):
        planned(steps=None, passes=[5, 7], exclude=[{"steps": 5}])


TOO_MUCH = [
    {"width": 10_000, "depth": 100},
    {"steps": None, "passes": 1e9, "optimizer": "sgd"},
    {"dataset": {"noisy_sine": {"periods": 1e100}}, "loss": "squared", "features": {"polynomial": {"order": 5}}},
]


@pytest.mark.parametrize("asked", TOO_MUCH)
def test_what_no_machine_can_do_is_refused(asked):
    with pytest.raises(UserError):
        planned(**asked)


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [1, x], lambda x: {"l2": (x, "-0.0", -0.05)}])
def test_a_digest_does_not_tell_the_zeros_apart(wrap):
    assert digest(wrap(-0.0)) == digest(wrap(0.0)) != digest(wrap(0.1))
