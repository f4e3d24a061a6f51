"""Is what the terminal says whole at every width, and ranked by what can be compared?"""

import io
import itertools
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import nnexp
from nnexp import config, judging, pipeline, terminal
from nnexp.optima import seeds

WIDTHS = (60, 80, 100, 200)
PARTS = {"optimizer": ["gd", "sgd"], "activation": ["tanh", "leaky_relu"], "loss": ["squared", "nll"]}
MANY = PARTS | {"depth": [1, 2], "step_size": [0.05, 0.2], "width": 2, "dataset": {"two_moons": {"examples": 40}}}


def outcome(folder, **asked):
    asked = {"backend": "serial", "tracking": "none", "runs_dir": str(folder), "seeds": 2, "steps": 3} | asked
    return pipeline.run(config.check(asked), config=asked)


def shown(found, width, monkeypatch, *, at_a_terminal=True, show=terminal.report):
    """What is printed on a terminal of this width, or into a pipe."""
    told = io.StringIO()
    made = terminal.Console(
        width=width, file=told, force_terminal=at_a_terminal, color_system=None, highlight=False, markup=False
    )
    monkeypatch.setattr(terminal, "console", made)
    show(found)
    return told.getvalue()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return outcome(tmp_path_factory.mktemp("many"), **MANY, name="a_name_of_more_than_a_few_letters")


def before(text, part):
    return text[: text.index(part)]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_broken_at_any_width(many, width, monkeypatch):
    """The words are those of the pipe, in their order, but for the column names that are shortened as documented."""
    whole = before(shown(many, 80, monkeypatch, at_a_terminal=False), "next:")
    told = before(shown(many, width, monkeypatch), "next:")
    assert ("act." in told) == (width == 60)
    long = {short: word for word, short in reversed(terminal.SHORT.items())}
    assert sorted(long.get(word, word) for word in told.split() if "─" not in word) == sorted(
        word for word in whole.split() if "─" not in word
    )
    assert {"activation", "optimizer", "step", "size", "median", "error"} <= set(whole.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_sentences_are_wrapped_between_words_at_a_terminal_and_whole_in_a_pipe(width, monkeypatch):
    sentence = f"a sentence with /a/path-of/{'many-' * 30}letters and more than enough words for any terminal " * 3
    told = shown(sentence, width, monkeypatch, show=terminal.say)
    assert told.split() == sentence.split()
    assert all(len(line) <= width or len(line.split()) == 1 for line in told.splitlines())
    assert len(shown(sentence, width, monkeypatch, at_a_terminal=False, show=terminal.say).splitlines()) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_progress_is_whole_at_any_width(width, monkeypatch):
    def show(_):
        with terminal.Bar() as bar:
            bar.judged(0, 16_640)
            bar.judged(16_639, 16_640)

    told = shown(None, width, monkeypatch, show=show)
    assert "…" not in told
    assert "16639/16640 endpoints" in told


def test_what_is_the_same_in_all_is_said_once_above_the_table(tmp_path, monkeypatch):
    found = outcome(tmp_path, depth=2, width=[2, 3], dataset={"two_moons": {"examples": 40}}, l2=0.01)
    told = shown(found, 80, monkeypatch, at_a_terminal=False)
    (line,) = re.findall("the same in all: (.*)", told)
    assert line == (
        "dataset two_moons, depth 2, activation tanh, loss nll, optimizer gd, step_size 0.3, l2 0.01, passes 3, 2 runs each"
    )
    header = before(told, "─")
    assert "width" in header.splitlines()[-1]
    assert not {"depth", "runs", "diverged", "activation"} & set(header.splitlines()[-1].split())


def test_runs_that_diverged_have_a_column_and_a_remedy(tmp_path, monkeypatch):
    big = {"dataset": {"linear_map": {"examples": 40}}, "loss": "squared", "depth": 1, "steps": 2000}
    told = shown(outcome(tmp_path, step_size=[0.1, 1e6], **big), 80, monkeypatch)
    assert "diverged" in before(told, "─").split()
    assert "diverged: try a smaller step_size" in told


def test_layers_of_several_widths_are_shown_with_all_of_them(tmp_path):
    table = seeds.configurations(outcome(tmp_path, widths=[[16, 8], [4]]).frame())
    assert dict(zip(table["widths"], table["depth"], strict=True)) == {"16-8": 3, "4": 2}
    assert "width" not in table


def test_layers_of_several_activations_are_shown_with_all_of_them(tmp_path):
    runs = outcome(tmp_path, depth=3, width=2, activations=[["tanh", "relu"], ["relu", "relu"]]).frame()
    assert sorted(seeds.configurations(runs)["activations"]) == ["relu-relu", "tanh-relu"]
    assert sorted(seeds.names(runs)) == ["relu-relu", "tanh-relu"]


RANKED = ("test_loss", "test_error", "test_rmse")


def runs(*rows):
    """A frame of one run a configuration, from loss, data set, test loss, and test error or root mean squared error."""
    names = ("loss", "dataset", *RANKED)
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    frame["J"], frame["status"], frame["depth"] = 1.0, "finished", 2
    frame["width"], frame["widths"], frame["activation"], frame["activations"] = 2.0, "2", "tanh", "tanh"
    frame["output"], frame["optimizer"], frame["passes"], frame["steps"] = "x", "gd", 1.0, 1
    frame["step_size"] = np.linspace(0.1, 0.2, len(frame))
    frame["configuration"] = [f"c{i}" for i in range(len(frame))]
    return frame.drop(columns=[name for name in ("test_error", "test_rmse") if frame[name].isna().all()])


NAN = np.nan


@pytest.mark.parametrize(
    ("rows", "measure", "orders"),
    [
        ([("nll", "a", 0.3, 0.1, NAN), ("nll", "a", 0.2, 0.4, NAN)], "test_loss", ["c1 c0"]),
        ([("nll", "a", 0.9, 0.1, NAN), ("squared", "a", 0.2, 0.4, NAN)], "test_error", ["c0 c1"]),
        ([("nll", "a", 0.9, 0.1, NAN), ("nll", "b", 0.2, 0.4, NAN)], "test_error", ["c0 c1"]),
        ([("huber", "a", 0.1, NAN, 4.0), ("squared", "a", 0.2, NAN, 3.0)], "test_rmse", ["c1 c0"]),
        ([("huber", "a", 0.3, NAN, NAN), ("squared", "a", 0.2, NAN, NAN)], "test_loss", ["c0", "c1"]),
        (
            [("squared", "a", 0.3, NAN, 4.0), ("squared", "b", 0.2, NAN, 3.0), ("squared", "a", 0.2, NAN, 5.0)],
            "test_loss",
            ["c2 c0", "c1"],
        ),
        ([("squared", "a", 0.3, 0.1, NAN), ("squared", "b", 0.2, NAN, NAN)], "test_loss", ["c0", "c1"]),
    ],
)
def test_only_what_can_be_compared_is_ranked_in_one_list(rows, measure, orders):
    frame = runs(*rows)
    assert seeds.measure(frame) == measure
    groups = seeds.comparable(frame)
    assert [" ".join(seeds.configurations(group)["configuration"]) for group in groups] == orders
    assert list(seeds.configurations(frame)["configuration"]) == " ".join(orders).split()


def test_equal_errors_are_ranked_by_the_place_of_the_test_loss_among_those_of_its_loss():
    """The squared loss is the smaller number everywhere, and yet the best nll comes before the worse squared loss."""
    rows = [("squared", "a", 0.02, 0.1, NAN), ("nll", "a", 0.4, 0.1, NAN)]
    rows += [("squared", "a", 0.01, 0.1, NAN), ("nll", "a", 0.3, 0.1, NAN)]
    order = list(seeds.configurations(runs(*rows))["configuration"])
    assert set(order[:2]) == {"c2", "c3"}


def test_another_draw_of_the_data_is_the_same_data_set():
    frame = runs(("nll", "two_moons", 0.3, 0.1, NAN), ("nll", "two_moons", 0.2, 0.4, NAN))
    for key, measure in (("seed", "test_loss"), ("noise", "test_error")):
        assert seeds.measure(frame.assign(**{f"dataset.two_moons.{key}": [1, 2]})) == measure


def test_losses_of_other_parameters_are_other_losses():
    frame = runs(("huber", "a", 0.3, NAN, NAN), ("huber", "a", 0.2, NAN, NAN)).assign(
        **{"loss.huber.delta": [1.0, 2.0]}
    )
    assert len(seeds.comparable(frame)) == 2


def test_the_dashboards_rank_by_the_same_measure(many):
    from nnexp.tracking import page, views

    frame = many.frame()
    assert views._end(frame) == "final test error"
    assert "configurations by median test error over the seeds" in page.note(many.record, frame)
    alone = frame[frame["loss"] == "nll"]
    assert views._end(alone) == "final test loss"
    assert "configurations by median test loss over the seeds" in page.note(many.record, alone)


def test_losses_that_cannot_be_compared_have_a_table_each(tmp_path, monkeypatch):
    asked = {"dataset": {"noisy_sine": {"examples": 40}}, "loss": ["squared", "huber"], "step_size": [0.1, 0.2]}
    found = outcome(tmp_path, depth=1, **asked)
    plain = found.frame().drop(columns="test_rmse", errors="ignore")
    monkeypatch.setattr(pipeline.Outcome, "frame", lambda self, curves: plain)
    told = shown(found, 80, monkeypatch)
    assert told.count("2 of 2 configurations, lowest median test loss first") == 2
    assert re.findall("loss (squared|huber)", told) == ["squared", "huber"]


def test_the_root_mean_squared_error_is_shown_where_there_is_one(tmp_path, monkeypatch):
    found = outcome(tmp_path, dataset={"noisy_sine": {"examples": 40}}, loss="squared", step_size=[0.1, 0.2], depth=1)
    frame = found.frame().assign(test_rmse=[1234.56, 1234.56, 0.0123456, 0.0123456])
    monkeypatch.setattr(pipeline.Outcome, "frame", lambda self, curves: frame)
    told = shown(found, 80, monkeypatch)
    assert "rmse" in before(told, "─").split()
    assert told.count(" 1235") == told.count("0.01235") == 2


def test_how_to_see_the_other_configurations_is_said(many, tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "MOST_ROWS", 5)
    told = shown(many, 200, monkeypatch)
    assert "5 of 24 configurations, lowest median test error first, since losses or data sets differ" in told
    (command,) = re.findall("19 more configurations: (.*)", told)
    assert len(eval(command, {"nnexp": nnexp})) == 48


def test_the_commands_line_up_and_can_be_pasted(tmp_path, monkeypatch):
    """With a long name, and a folder that a shell would take apart."""
    folder = tmp_path / 'it\'s $HOME, `or` "not"'
    found = outcome(folder, name="a_name_of_more_than_a_few_letters", depth=1, dataset="xor")
    lines = shown(found, 400, monkeypatch).split("next:\n")[1].splitlines()
    (command,) = (line.removesuffix("the runs as a pandas frame").strip() for line in lines)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "[2 rows x" in ran.stdout


def test_makes_targets_line_up_and_have_a_line_of_their_own_where_the_terminal_is_narrow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Makefile").touch()
    found = outcome("runs", name="a_name_of_more_than_a_few_letters", depth=1, dataset="xor")
    wide = shown(found, 200, monkeypatch).split("next:\n")[1].splitlines()
    assert len({re.search(r"\S {2,}(\S)", line).start(1) for line in wide}) == 1
    narrow = shown(found, 60, monkeypatch).split("next:\n")[1].splitlines()
    assert "    make report SWEEP=a_name_of_more_than_a_few_letters" in narrow
    assert all(line.endswith(":") for line in narrow[::2])


def test_the_lines_about_seeds_say_which_configuration_each_is_about(tmp_path, monkeypatch):
    small = {"dataset": "xor", "depth": 2, "l2": 0.01, "penalize_offsets": True, "loss": "squared", "most_seeds": 4}
    told = shown(outcome(tmp_path, width=[1, 2], until="unseen < 0.5", **small), 200, monkeypatch)
    assert re.search(r"^width 1: .*seeds", told, flags=re.MULTILINE)
    assert re.search(r"^width 2: .*seeds", told, flags=re.MULTILINE)


def test_verdicts_with_a_remedy_have_one_line_each(tmp_path, monkeypatch):
    asked = {"dataset": "xor", "depth": 2, "width": 2, "seeds": 4, "steps": 5}
    told = shown(outcome(tmp_path, **asked), 200, monkeypatch)
    assert told.count("at infinity: without l2 weights grow for ever; try l2=0.001\n") == 1
    assert "minimum:" not in told


def test_with_a_penalty_the_remedy_is_another_one():
    frame = pd.DataFrame({"endpoint": ["at infinity", "minimum", "kink"], "l2": 0.1, "l1": 0.0, "loss": "nll"})
    frame["theta"] = [[0.0]] * 3
    assert list(seeds.remedies(frame)) == ["at infinity"]
    several = frame.assign(endpoint=["saddle", "at infinity", "at infinity"])
    assert list(seeds.remedies(several)) == ["at infinity", "saddle"]
    assert "penalize_offsets=true" in seeds.remedies(frame)["at infinity"]
    assert "l2=0.001" in seeds.remedies(frame.assign(l2=[0.0, 0.1, 0.1]))["at infinity"]


def test_nets_that_are_too_large_to_be_judged_by_default_say_how_they_are_judged(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "LARGEST", 3)
    found = outcome(tmp_path, dataset="xor", depth=2)
    told = shown(found, 200, monkeypatch)
    assert "endpoints: 2 not judged\nnot judged: judge=true has nets of this size judged" in told
    assert "judged" not in shown(outcome(tmp_path, dataset="xor", depth=2, judge=False), 200, monkeypatch)
    monkeypatch.setattr(seeds, "MOST_JUDGED", 3)
    assert "nets of more than 3 parameters cannot be judged" in shown(found, 200, monkeypatch)


def test_a_run_is_explained_without_breaking_words(tmp_path, monkeypatch):
    run = outcome(tmp_path, dataset="xor", depth=2).frame()["run"][0]
    text = nnexp.why(run, tmp_path)
    assert shown(text, 60, monkeypatch, show=terminal.say).split() == text.split()
    assert list(itertools.islice((line.split(":")[0] for line in text.splitlines()), 3)) == [
        "Trained net",
        "Polished net",
        "Verdict",
    ]
