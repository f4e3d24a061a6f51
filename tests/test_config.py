"""Is every bad value refused in one line that names it, and every good one taken?"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from nnexp import config
from nnexp.__main__ import conf_dir
from nnexp.errors import UserError

REFUSED = [
    ({"depht": 3}, ["depht", "did you mean depth?"]),
    ({"depth": 0}, ["depth=0", "1 or more"]),
    ({"depth": 2.5}, ["depth=2.5", "integer"]),
    ({"depth": []}, ["depth", "at least 1"]),
    ({"width": 0}, ["width=0", "1 or more"]),
    ({"width": [4, -1]}, ["width=-1"]),
    ({"widths": [16, 0]}, ["widths=0"]),
    ({"step_size": -1}, ["step_size=-1", "> 0"]),
    ({"step_size": 0}, ["step_size=0", "> 0"]),
    ({"step_size": float("inf")}, ["step_size=inf", "finite"]),
    ({"step_size": True}, ["step_size=True"]),
    ({"step_size": None}, ["step_size=None"]),
    ({"l2": -0.1}, ["l2=-0.1", "0 or more"]),
    ({"l2": float("nan")}, ["l2=nan"]),
    ({"seeds": 0}, ["seeds=0", "seeds=[0]"]),
    ({"seeds": -3}, ["seeds=-3"]),
    ({"seeds": [-1]}, ["seeds=-1"]),
    ({"seeds": True}, ["seeds=True"]),
    ({"seeds": "many"}, ["seeds='many'"]),
    ({"steps": 5, "passes": 5}, ["steps and passes"]),
    ({"init_seeds": 3}, ["init_seeds", "order_seeds"]),
    ({"curve_points": [10, 20]}, ["curve_points", "integer"]),
    ({"name": "a/b"}, ["name='a/b'"]),
    ({"runs_dir": ["a", "b"]}, ["runs_dir"]),
    ({"activation": "tnah"}, ["activation=tnah", "known:", "did you mean tanh?"]),
    ({"activation": ["tanh", "tnah"]}, ["activation=tnah", "did you mean tanh?"]),
    ({"activation": {"tnah": {}}}, ["activation=tnah", "did you mean tanh?"]),
    ({"activation": 3}, ["activation=3", "tanh"]),
    ({"activation": []}, ["activation=[]"]),
    ({"optimizer": {"sgd": {"batch_size": 0}}}, ["optimizer.sgd.batch_size=0"]),
    ({"optimizer": {"sgd": {"batch_size": [1, "x"]}}}, ["optimizer.sgd.batch_size", "'x'"]),
    ({"optimizer": {"sgd": {"bach": 1}}}, ["optimizer.sgd.bach", "batch_size"]),
    ({"optimizer": {"sgd": 3}}, ["optimizer.sgd=3", "batch_size"]),
    ({"tracking": {"store": "wandb"}}, ["tracking.store='wandb'", "mlflow"]),
    ({"tracking": {"stroe": "mlflow"}}, ["stroe", "store"]),
    ({"backend": {"where": "moon"}}, ["backend.where='moon'", "processes"]),
    ({"exclude": 3}, ["exclude=3"]),
    ({"dropout": 0.5}, ["dropout is left out on purpose", "l2"]),
    ({"activations": "tanh"}, ["activations='tanh'", "each hidden layer"]),
    ({"activations": ["tnah"]}, ["activation=tnah", "did you mean tanh?"]),
    ({"offsets": 3}, ["offsets=3", "true or false"]),
    ({"l1": -1}, ["l1=-1", "0 or more"]),
    ({"stopping": {"early_stopping": {"share": 1}}}, ["stopping.early_stopping.share"]),
]


TABLE = {"path": "my.csv", "target": "y"}
FRAME = pd.DataFrame(np.arange(300.0).reshape(60, 5))
PLAINLY = [
    ({"dataset": {"table": {**TABLE, "path": 0}}}, "it should be text, as in \"dataset.table.path='0'\""),
    ({"widths": "a"}, "widths='a' cannot be used: it should be a list, as in [a,b]"),
    ({"runs_dir": 3}, "runs_dir=3 cannot be used: it should be text"),
    ({"tracking": 3}, "it should be a name, or names with values"),
    ({"curve_points": "many"}, "it should be a whole number"),
    ({"judge": "perhaps"}, "it should be true or false"),
    ({"depth": []}, "it should have at least 1 value, not 0"),
    ({"dataset": FRAME}, "dataset=DataFrame of 60 x 5 values cannot be used; give one or more of: two_moons"),
    ({"dataset": FRAME}, 'as in dataset={"table": {"path": "my.csv", "target": "label"}}'),
    ({"dataset": FRAME.to_numpy()}, "dataset=ndarray of 60 x 5 values cannot be used"),
    ({"l2": FRAME}, "l2=DataFrame of 60 x 5 values cannot be used: it should be a number"),
    ({"activations": FRAME}, "activations=DataFrame of 60 x 5 values: "),
    ({"loss": "x" * 5000}, "...xxx"),
    ({"learning_rate": 0.1}, "it is step_size here"),
    ({"optimizer": {"batch_size": 4}}, "known: optimizer.sgd.batch_size, "),
]


@pytest.mark.parametrize(("given", "said"), PLAINLY, ids=[said for _, said in PLAINLY])
def test_a_refusal_is_short_and_without_the_words_of_libraries(given, said):
    with pytest.raises(UserError) as refused:
        config.check(given)
    line = str(refused.value)
    assert said in line
    assert len(line) < 700
    assert not re.search(r"tuple|valid|Input|dictionary", line)


def test_numbers_that_a_text_states_are_numbers_where_a_number_is_needed():
    assert config.check({"step_size": "0.25", "depth": ["1", 2]}) == config.check({"step_size": 0.25, "depth": [1, 2]})
    assert config.check({"tracking": {"runs": "false"}, "backend": {"workers": "2"}}).backend.workers == 2
    assert config.check({"question": "5", "runs_dir": "1"}).runs_dir == "1"


def test_one_name_is_a_list_of_one_and_a_path_is_its_text():
    table = {"path": Path("my.csv"), "target": "y", "ignore": "a"}
    (made,) = config.check({"dataset": {"table": table}}).dataset
    assert (made.path, made.ignore) == ("my.csv", ("a",))


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[str(given) for given, _ in REFUSED])
def test_a_bad_value_is_refused_in_one_line_that_names_it(given, said):
    with pytest.raises(UserError) as refused:
        config.check(given)
    line = str(refused.value)
    assert "\n" not in line
    for words in said:
        assert words in line


def test_zero_is_a_seed_and_an_l2_like_any_other():
    sweep = config.check({"seeds": [0], "l2": 0, "steps": 0})
    assert sweep.seeds == (0,)
    assert sweep.l2 == (0.0,)
    assert sweep.steps == (0,)


def test_a_number_of_seeds_counts_from_zero():
    assert config.check({"seeds": 3}).seeds == (0, 1, 2)


def test_a_value_and_a_list_of_one_are_the_same():
    assert config.check({"width": 4, "activation": "relu"}) == config.check({"width": [4], "activation": ["relu"]})


def test_a_parameter_given_as_a_list_is_an_axis_of_its_part_alone():
    parts = config.check({"optimizer": {"gd": {}, "sgd": {"batch_size": [1, 32]}}}).optimizer
    assert [part.settings() for part in parts] == [
        {"name": "gd"},
        {"name": "sgd", "batch_size": 1, "replacement": True},
        {"name": "sgd", "batch_size": 32, "replacement": True},
    ]


def test_widths_take_one_net_or_a_list_of_nets():
    assert config.check({"widths": [16, 8]}).widths == ((16, 8),)
    assert config.check({"widths": [[16, 8], [4]]}).widths == ((16, 8), (4,))


def test_the_base_config_holds_every_key_with_its_default():
    text = (conf_dir() / "config.yaml").read_text(encoding="utf-8")
    written = {key: value for key, value in yaml.safe_load(text).items() if key not in ("defaults", "hydra")}
    chosen = {k: v for entry in yaml.safe_load(text)["defaults"] if isinstance(entry, dict) for k, v in entry.items()}
    groups = {key: value for key, value in chosen.items() if not key.startswith("override") and key != "sweep"}
    default = config.Sweep()
    assert set(written) | set(groups) == set(config.Sweep.model_fields)
    assert config.check(written) == default
    parts = {key: value for key, value in groups.items() if key not in ("tracking", "backend")}
    assert config.check(parts) == default


@pytest.mark.parametrize("group", ["tracking", "backend"])
def test_every_tracking_and_backend_file_is_a_whole_choice(group):
    model = type(getattr(config.Sweep(), group))
    files = sorted((conf_dir() / group).glob("*.yaml"))
    assert files
    for file in files:
        made = model(**yaml.safe_load(file.read_text(encoding="utf-8")))
        assert file.stem in made.model_dump().values()
