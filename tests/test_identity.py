"""Does changed code, or changed data, make another run, and does code that computes the same make the same one?"""

import importlib
import json
import linecache
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

import nnexp
from nnexp import __main__ as command
from nnexp import config, configuration, fingerprints, pipeline, plan, portable
from nnexp.configuration import objective_id
from nnexp.errors import UserError
from nnexp.net import compiled
from nnexp.parts import registry

ROOT = Path(nnexp.__file__).parents[1]
SMALL = {"dataset": "xor", "width": 2, "steps": 20, "seeds": 2, "backend": {"where": "serial"}}

SOFTSIGN = '''
from nnexp.parts.activations import Activation
from nnexp.parts.registry import part
import numpy as np


@part("activation", "softsign")
class Softsign(Activation):
    """a = z / (1 + |z|): like tanh, but it saturates slowly."""

    def value(self, z, out): return np.divide(z, 1.0 + np.abs(z), out=out)
    def slope(self, z, a, out): return np.square(1.0 - np.abs(a), out=out)
    def curvature(self, z, a, out): return np.multiply(-2.0 * np.sign(a), (1.0 - np.abs(a)) ** 3, out=out)
'''
STEEPER = SOFTSIGN.replace("z, 1.0 + np.abs(z)", "2.0 * z, 1.0 + np.abs(2.0 * z)").replace(
    "return np.square(1.0 - np.abs(a), out=out)", "return np.square(1.0 - np.abs(a), out=out) * 2.0"
)
SCALED = '''
from nnexp.parts.activations import Activation
from nnexp.parts.registry import part
import numpy as np


@part("activation", "scaled")
class Scaled(Activation):
    """a = SCALE z."""

    def value(self, z, out): return np.multiply(z, SCALE, out=out)
    def slope(self, z, a, out): return np.copyto(out, SCALE) or out
    def curvature(self, z, a, out): return np.copyto(out, 0.0) or out
'''
CLOUD = '''
from nnexp.parts.datasets import Data, Dataset
from nnexp.parts.registry import part


@part("dataset", "cloud")
class Cloud(Dataset):
    """Points that a global array holds."""

    def load(self):
        LOADS.append(1)
        return Data(X, Y, X, Y, "binary", ("x1", "x2"), ("label 1",))
'''


@pytest.fixture(autouse=True)
def registered():
    """What a test registers is gone after it."""
    before = {kind: dict(registry.known(kind)) for kind in registry.MODULES}
    yield
    for kind, parts in before.items():
        registry._PARTS[kind].clear()
        registry._PARTS[kind].update(parts)
    configuration._PLANNED.clear()


_cells = iter(range(1000))


def cell(text, names=None):
    """The names after a notebook's cell was run; the source is found where notebooks put it."""
    file = f"<cell {next(_cells)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names = {"__name__": "__main__"} if names is None else names
    exec(compile(text, file, "exec"), names)
    return names


def ids(**asked):
    return [run.id for run in plan.plan(config.check({**SMALL, **asked})).runs]


def own_ids(text, names=None, **asked):
    """The ids of runs with an activation of this source."""
    found = cell(text, names)
    name = next(each.name for each in found.values() if isinstance(each, type) and each.__dict__.get("kind"))
    return ids(**{"activation": name, **asked})


def sweep(tmp_path, **asked):
    return nnexp.sweep(**{**SMALL, "runs_dir": str(tmp_path), **asked})


# released parts


PINNED = {
    "optima": (1664, "ce46a80c3a39730b"),
    "breast_cancer": (112, "c2dee290fcf5d1c4"),
    "spurious_minima": (768, "61217298a8485bfe"),
}


@pytest.mark.parametrize("name", PINNED)
def test_runs_with_released_parts_keep_their_ids(name):
    runs = plan.plan(config.check(command.asked_for(f"sweep={name}"))).runs
    assert (len(runs), runs[0].id) == PINNED[name]


@pytest.mark.parametrize("kind", registry.MODULES)
def test_what_is_kept_of_released_code_is_so(kind):
    parts = {name: cls for name, cls in registry.known(kind).items() if registry.released(kind, name)[0]}
    changed = [name for name, cls in parts.items() if fingerprints.fingerprint(cls) != registry.released(kind, name)[0]]
    assert not changed, (
        f"the code of {', '.join(changed)} has changed. If every result is the same to the last bit, run "
        "`python -m nnexp.parts --release same`: runs keep their ids. If not, run `python -m nnexp.parts --release new`: "
        "runs with these parts get new ids."
    )


def test_another_version_of_released_code_makes_other_runs(monkeypatch):
    before = ids()
    monkeypatch.setitem(registry._all_released()["activation"], "tanh", [registry.released("activation", "tanh")[0], 2])
    assert set(before).isdisjoint(ids())
    assert registry.make("activation", "tanh").is_released


def test_code_is_kept_as_released_in_the_same_version_or_a_new_one(monkeypatch, tmp_path):
    kept = tmp_path / "released.json"
    monkeypatch.setattr(registry, "RELEASED", kept)
    monkeypatch.setitem(registry._all_released()["activation"], "tanh", ["0" * 16, 1])
    for word, version in (("same", 1), ("new", 2)):
        monkeypatch.setattr(sys, "argv", ["nnexp.parts", "--release", word])
        importlib.import_module("nnexp.parts.__main__").main()
        found = json.loads(kept.read_text())["activation"]
        assert found["tanh"] == [fingerprints.fingerprint(registry.known("activation")["tanh"]), version]
        assert found["relu"][1] == 1


# the user's own parts, in notebooks and scripts


def test_a_changed_formula_makes_other_runs_and_the_same_one_in_other_words_the_same():
    first = own_ids(SOFTSIGN)
    assert first == own_ids(SOFTSIGN)
    assert set(first).isdisjoint(own_ids(STEEPER))
    remarked = SOFTSIGN.replace("like tanh, but it saturates slowly", "another text").replace(
        "out=out)", "out=out)  # so"
    )
    spaced = remarked.replace("1.0 - np.abs(a)", "(1.0\n        - np.abs(a))")
    typed = "def value(self, z: np.ndarray, out: np.ndarray) -> np.ndarray"
    spaced = spaced.replace("def value(self, z, out)", typed)
    assert first == own_ids("# above\n\n\n" + spaced)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SCALE = 3.0", "SCALE = 4.0"),
        ("import numpy as np\nSCALE = np.array([1.0])", "import numpy as np\nSCALE = np.array([2.0])"),
        ("SCALES = {'a': [1.0]}\nSCALE = SCALES['a'][0]", "SCALES = {'a': [2.0]}\nSCALE = SCALES['a'][0]"),
    ],
)
def test_a_changed_global_makes_other_runs(before, after):
    first = own_ids(f"{before}\n{SCALED}")
    assert first == own_ids(f"{before}\n{SCALED}")
    assert set(first).isdisjoint(own_ids(f"{after}\n{SCALED}"))


def test_a_global_that_is_changed_in_between_makes_other_runs_and_changed_back_the_same():
    names = cell(f"SCALE = 3.0\n{SCALED}")
    first = ids(activation="scaled")
    cell("SCALE = 4.0", names)
    second = ids(activation="scaled")
    assert set(first).isdisjoint(second)
    names["SCALE"] = 3.0
    assert ids(activation="scaled") == first
    names["SCALE"] = np.array(3.0)
    held = ids(activation="scaled")
    names["SCALE"][...] = 4.0
    assert set(held).isdisjoint(ids(activation="scaled"))


HELPERS = {
    "function": ("def half(z): return z / 2.0\n", "half(z)", "/ 2.0", "/ 4.0"),
    "function of a function": ("def f(z): return z / 2.0\ndef half(z): return f(z)\n", "half(z)", "/ 2.0", "/ 4.0"),
    "lambda": ("half = lambda z: z / 2.0\n", "half(z)", "/ 2.0", "/ 4.0"),
    "closure": ("def made(k):\n    return lambda z: z / k\nhalf = made(2.0)\n", "half(z)", "made(2.0)", "made(4.0)"),
    "default": ("K = 2.0\ndef half(z, k=K): return z / k\n", "half(z)", "K = 2.0", "K = 4.0"),
    "keyword": ("K = 2.0\ndef half(z, *, k=K): return z / k\n", "half(z)", "K = 2.0", "K = 4.0"),
    "partial": (
        "import functools\ndef f(k, z): return z / k\nhalf = functools.partial(f, 2.0)\n",
        *("half(z)", "partial(f, 2.0)", "partial(f, 4.0)"),
    ),
    "cached": ("import functools\n@functools.cache\ndef k(): return 2.0\n", "z / k()", "2.0", "4.0"),
    "class": ("class Half:\n    k = 2.0\n    def __call__(self, z): return z / self.k\n", "Half()(z)", "2.0", "4.0"),
    "object": ("class Half:\n    def __init__(self, k): self.k = k\nhalf = Half(2.0)\n", "z / half.k", "2.0", "4.0"),
    "nested function": ("K = 2.0\n", "(lambda: z / K)()", "K = 2.0", "K = 4.0"),
    "comprehension": ("K = 2.0\n", "sum([z / K for _ in range(1)])", "K = 2.0", "K = 4.0"),
    "set": ("K = {2.0, 3.0}\n", "z / min(K)", "{2.0", "{1.0"),
}


@pytest.mark.parametrize("kind", HELPERS)
def test_a_changed_helper_makes_other_runs(kind):
    helper, used, before, after = HELPERS[kind]
    text = helper + SOFTSIGN.replace("np.divide(z, ", f"np.divide({used}, ")
    first = own_ids(text)
    assert first == own_ids(text)
    assert set(first).isdisjoint(own_ids(text.replace(before, after)))


def test_a_changed_base_makes_other_runs():
    base = "class Base(Activation):\n    def value(self, z, out): return np.divide(z, 2.0, out=out)\n"
    text = SOFTSIGN.replace("\n@part", f"\n{base}\n@part").replace("Softsign(Activation)", "Softsign(Base)")
    text = "\n".join(line for line in text.splitlines() if "1.0 + np.abs(z)" not in line)
    assert set(own_ids(text)).isdisjoint(own_ids(text.replace("2.0, out", "4.0, out")))


def test_a_changed_module_of_ones_own_makes_other_runs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    helper = tmp_path / "own_helper.py"
    used = {"import own_helper\n": "own_helper.half(z)", "from own_helper import half\n": "half(z)"}
    for imported, call in used.items():
        text = imported + SOFTSIGN.replace("np.divide(z, ", f"np.divide({call}, ")
        found = []
        for k in ("2.0", "44.0", "2.0"):
            helper.write_text(f"def half(z):\n    return z / {k}\n")
            sys.modules.pop("own_helper", None)
            importlib.invalidate_caches()
            shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
            found.append(own_ids(text))
        assert found[0] == found[2]
        assert set(found[0]).isdisjoint(found[1])


def test_code_without_source_is_known_by_what_it_was_compiled_to():
    def ids_of(text):
        exec(compile(text, "<nowhere>", "exec"), {"__name__": "__main__"})
        return ids(activation="softsign")

    assert ids_of(SOFTSIGN) == ids_of(SOFTSIGN)
    assert set(ids_of(SOFTSIGN)).isdisjoint(ids_of(STEEPER))


def test_source_that_was_edited_after_its_import_says_nothing_of_the_code_in_memory(tmp_path):
    file = tmp_path / "softsign.py"
    file.write_text(SOFTSIGN)
    names = {"__name__": "__main__"}
    exec(compile(SOFTSIGN, str(file), "exec"), names)
    file.write_text(STEEPER)
    linecache.checkcache(str(file))
    in_memory = ids(activation="softsign")
    exec(compile(STEEPER, str(file), "exec"), {"__name__": "__main__"})
    assert set(in_memory).isdisjoint(ids(activation="softsign"))


def test_a_value_that_cannot_be_compared_is_refused():
    text = "import threading\nLOCK = threading.Lock()\n" + SOFTSIGN.replace("np.divide(z", "np.divide(LOCK and z")
    with pytest.raises(UserError, match=r"Softsign refers to a value of type lock, whose content cannot be compared"):
        own_ids(text)


def test_a_part_that_is_registered_again_has_its_own_parameters():
    cell(SOFTSIGN)
    cell(SOFTSIGN.replace('slowly."""', 'slowly."""\n\n    sharpness: float = 2.0'))
    assert registry.make("activation", "softsign", {"sharpness": 3.0}).settings() == {
        "name": "softsign",
        "sharpness": 3.0,
    }


@pytest.mark.parametrize("name", ["fingerprint", "settings", "kind"])
def test_a_parameter_must_not_hide_what_every_part_has(name):
    with pytest.raises(UserError, match=f"a parameter called {name}; this name is reserved"):
        cell(SOFTSIGN.replace('slowly."""', f'slowly."""\n\n    {name}: float = 2.0'))


# records of what has changed since


def test_a_changed_formula_trains_again_and_its_old_record_is_not_recalled(tmp_path, monkeypatch):
    cell(SOFTSIGN)
    old = sweep(tmp_path, activation="softsign")
    row = old.iloc[0]
    assert nnexp.recall(row).value() == pytest.approx(row["J"], rel=1e-14)
    cell(STEEPER)
    new = sweep(tmp_path, activation="softsign")
    assert set(new["run"]).isdisjoint(old["run"])
    assert not np.isclose(new["J"], old["J"]).any()
    assert nnexp.recall(new.iloc[0]).value() == pytest.approx(new["J"][0], rel=1e-14)
    for refused in (lambda: nnexp.recall(row), lambda: nnexp.why(row["run"], tmp_path)):
        with pytest.raises(UserError, match=r"^activation=softsign has changed since run \w+ was trained"):
            refused()
    assert len(nnexp.load(runs_dir=tmp_path)) == 2
    cell(SOFTSIGN)
    assert nnexp.recall(row).value() == pytest.approx(row["J"], rel=1e-14)
    assert list(sweep(tmp_path, activation="softsign")["run"]) == list(old["run"])


def test_a_changed_output_unit_is_said_and_not_recalled(tmp_path):
    cell(SOFTSIGN)
    asked = {"output": "softsign", "loss": "squared"}
    row = sweep(tmp_path, **asked).iloc[0]
    cell(STEEPER)
    with pytest.raises(UserError, match=r"^output=softsign has changed since"):
        nnexp.recall(row)
    assert row["run"] not in set(sweep(tmp_path, **asked)["run"])


def test_a_record_of_changed_code_is_not_judged_or_reported(tmp_path):
    from analysis.objectives import objectives

    cell(SOFTSIGN)
    judged = sweep(tmp_path, activation="softsign", name="own")
    sweep(tmp_path, activation="softsign", name="more", judge=False, step_size=0.1)
    cell(STEEPER)
    with pytest.raises(UserError, match="activation=softsign has changed since"):
        pipeline.judge("more", tmp_path)
    with pytest.raises(UserError, match="activation=softsign has changed since"):
        objectives(judged)
    cell(SOFTSIGN)
    assert pipeline.judge("more", tmp_path)[1] == 2
    assert len(objectives(judged)) == 1


def test_runs_of_other_code_do_not_minimize_the_same_objective(tmp_path):
    found = []
    for text in (SOFTSIGN, STEEPER, SOFTSIGN):
        cell(text)
        found.append(objective_id(sweep(tmp_path, activation="softsign")["settings"][0]))
    assert found[0] == found[2] != found[1]
    gd = objective_id(sweep(tmp_path)["settings"][0])
    cell("from nnexp.parts.optimizers import GradientDescent, part\n@part('optimizer', 'own')\n"
         "class Own(GradientDescent):\n    pass\n")  # fmt: skip
    assert objective_id(sweep(tmp_path, optimizer="own")["settings"][0]) == gd


def test_a_net_that_was_carried_away_does_not_guess_by_other_code(tmp_path):
    import pandas as pd

    cell(SOFTSIGN)
    row = sweep(tmp_path, activation="softsign").iloc[0]
    net = portable.Net.from_json(portable.Net.of(row, nnexp.recall(row).configuration).to_json())
    points = pd.DataFrame({"x1": [0.0, 1.0], "x2": [1.0, 1.0]})
    assert len(net.guess(points)) == 2
    cell(STEEPER)
    with pytest.raises(UserError, match="the code of activation=softsign has changed since run"):
        net.guess(points)


# data sets


def cloud(X=((0.0, 1.0, 2.0), (1.0, 0.0, 1.0)), Y=((0.0, 1.0, 1.0),)):
    names = cell(CLOUD)
    names.update(X=np.array(X), Y=np.array(Y), LOADS=[])
    return names


def test_other_arrays_make_other_runs_though_the_source_is_the_same(tmp_path):
    names = cloud()
    old = sweep(tmp_path, dataset="cloud")
    row = old.iloc[0]
    assert nnexp.recall(row).value() == pytest.approx(row["J"], rel=1e-14)
    names["X"][0, 0] = 5.0  # in place: nothing that is kept may be these arrays
    new = sweep(tmp_path, dataset="cloud")
    assert set(new["run"]).isdisjoint(old["run"])
    with pytest.raises(UserError, match=r"^dataset=cloud has changed since"):
        nnexp.recall(row)
    assert nnexp.recall(new.iloc[0]).value() == pytest.approx(new["J"][0], rel=1e-14)
    assert objective_id(row["settings"]) != objective_id(new["settings"][0])
    names["X"] = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]])
    assert nnexp.recall(row).value() == pytest.approx(row["J"], rel=1e-14)
    assert list(sweep(tmp_path, dataset="cloud")["run"]) == list(old["run"])


def test_a_data_set_is_loaded_once_a_sweep(tmp_path):
    names = cloud()
    sweep(tmp_path, dataset="cloud", depth=[1, 2], step_size=[0.1, 0.2, 0.3], l2=[0.0, 0.1])
    assert len(names["LOADS"]) == 1
    nnexp.recall(nnexp.load(runs_dir=tmp_path).iloc[0])
    assert len(names["LOADS"]) == 2


def test_a_file_that_a_data_set_reads_is_part_of_it(tmp_path):
    file = tmp_path / "points.npy"
    text = CLOUD.replace("LOADS.append(1)", f"import numpy as np\n        X = np.load({str(file)!r})")
    found = []
    for values in ([[0.0, 1.0]], [[0.0, 3.0]], [[0.0, 1.0]]):
        np.save(file, np.array(values))
        cell(text)["Y"] = np.array([[0.0, 1.0]])
        found.append(ids(dataset="cloud"))
    assert found[0] == found[2]
    assert set(found[0]).isdisjoint(found[1])


def test_a_data_set_in_other_words_is_the_same():
    cloud()
    first = ids(dataset="cloud")
    cell(CLOUD.replace("LOADS.append(1)", "where = X")).update(
        X=np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]]), Y=np.array([[0.0, 1.0, 1.0]])
    )
    assert ids(dataset="cloud") == first


def test_other_numbers_in_another_version_of_scikit_learn_make_other_runs(monkeypatch, tmp_path):
    asked = {"dataset": "iris", "loss": "softmax_nll"}
    row = sweep(tmp_path, **asked).iloc[0]
    load = sklearn_datasets.load_iris

    def another():
        bunch = load()
        bunch.data = bunch.data + (np.arange(150) == 34)[:, None] * 0.1
        return bunch

    monkeypatch.setattr(sklearn_datasets, "load_iris", another)
    assert row["run"] not in ids(**asked)
    with pytest.raises(UserError, match=r"^dataset=iris has changed since"):
        nnexp.recall(row)
    monkeypatch.undo()
    assert row["run"] in ids(**asked)


def test_features_of_changed_code_are_made_anew(tmp_path):
    text = ("from nnexp.parts.features import Features, part\nK = 2.0\n@part('features', 'times')\nclass Times(Features):\n"
            "    def transform(self, X): return K * X\n")  # fmt: skip
    names = cell(text)
    first = sweep(tmp_path, features="times")
    names["K"] = 3.0
    second = sweep(tmp_path, features="times")
    assert set(first["run"]).isdisjoint(second["run"])
    assert nnexp.recall(second.iloc[0]).objective.train.X.max() == 3.0


# what knows parts by their names


def test_compiled_kernels_train_released_parts_alone(monkeypatch):
    monkeypatch.setattr(compiled, "library", lambda: object())
    tanh = registry.known("activation")["tanh"]

    def goes(**asked):
        (made,) = plan.plan(config.check({**SMALL, **asked})).configurations
        return compiled.goes(made.objective(), made.optimizer)

    assert goes()
    cell(SOFTSIGN.replace('"softsign"', '"tanh"'))
    assert not goes()
    registry.known("activation")["tanh"] = tanh
    assert goes()
    cell("from nnexp.parts.optimizers import GradientDescent, part\n@part('optimizer', 'gd')\n"
         "class Slower(GradientDescent):\n"
         "    def update(self, theta, gradient, step_size, state): theta -= 0.5 * step_size * gradient\n")  # fmt: skip
    assert not goes()


def test_an_optimizer_made_of_gd_moves_as_it_says(tmp_path):
    cell("from nnexp.parts.optimizers import GradientDescent, part\n@part('optimizer', 'slower')\n"
         "class Slower(GradientDescent):\n"
         "    def update(self, theta, gradient, step_size, state): theta -= 0.5 * step_size * gradient\n")  # fmt: skip
    slower, plain = sweep(tmp_path, optimizer="slower", step_size=0.2), sweep(tmp_path, step_size=0.1)
    np.testing.assert_allclose(slower["J"], plain["J"], rtol=1e-12)


def test_an_identity_of_ones_own_has_its_own_slope(tmp_path):
    twice = SCALED.replace('"scaled"', '"identity"')
    cell("SCALE = 2.0\n" + twice)
    run = nnexp.recall(sweep(tmp_path, loss="squared", step_size=0.01).iloc[0])
    h = 1e-6 * np.eye(run.theta.size)
    differences = (run.value(run.theta + h) - run.value(run.theta - h)) / 2e-6
    np.testing.assert_allclose(run.gradient(), differences, atol=1e-7)


def test_a_closed_form_is_not_that_of_changed_code():
    asked = {"dataset": "relu_teacher", "activation": "relu", "loss": "squared", "offsets": False, "width": 6}
    assert ids(**asked)
    cell(SOFTSIGN.replace('"softsign"', '"relu"'))
    with pytest.raises(UserError, match="parts whose code is as released"):
        ids(**asked)


# other processes


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with a copy of the program that may be edited."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT / "nnexp", folder / "nnexp", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copytree(ROOT / "conf", folder / "conf")
    return folder


def trained(package, *asked):
    """How many runs a sweep of the program in this folder trains, and their J."""
    shutil.rmtree(
        package / "nnexp/parts/__pycache__", ignore_errors=True
    )  # edits within a second are not seen otherwise
    program = (
        "import json, sys; from nnexp import config, pipeline, __main__ as command; asked = command.asked_for(*sys.argv[1:]);"
        "made = pipeline.run(config.check(asked), config=asked); print(json.dumps([made.trained, list(made.frame()['J'])]))"
    )
    given = [*asked, "dataset=xor", "width=2", "steps=20", "seeds=2", "backend=serial", "judge=false", "tracking=none"]
    given = [*given, f"runs_dir={package / 'runs'}"]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    line = [sys.executable, "-c", program, *given]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment, cwd=package)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def unedited(package):
    return trained(package)[1]


def edit(file, before, after):
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_a_part_added_as_the_readme_says_is_trained_again_when_its_formula_changes(package):
    activations = package / "nnexp/parts/activations.py"
    readme = (ROOT / "README.md").read_text()
    recipe = readme[readme.index('@part("activation", "softsign")') : readme.index("# conf/activation/softsign.yaml")]
    activations.write_text(f"{activations.read_text()}\n\n{recipe}")
    (package / "conf/activation/softsign.yaml").write_text("softsign: {}\n")
    first, J = trained(package, "activation=softsign")
    edit(activations, "like tanh, but", "Like tanh, but")
    assert (first, trained(package, "activation=softsign")) == (2, [0, J])
    edit(activations, "np.divide(z, 1.0 + np.abs(z), out=out)", "np.divide(z, 2.0 + np.abs(z), out=out)")
    again, other = trained(package, "activation=softsign")
    assert again == 2
    assert other != J
    edit(activations, "np.divide(z, 2.0 + np.abs(z), out=out)", "np.divide(z, 1.0 + np.abs(z), out=out)")
    assert trained(package, "activation=softsign") == [0, J]


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("activations", "return np.subtract(1.0, out, out=out)", "return np.subtract(0.5, out, out=out)"),
        ("losses/likelihood", "surprise = np.maximum(z, 0.0)", "surprise = np.maximum(z, 0.1)"),
        (
            "optimizers",
            "gradient *= step_size\n        theta -= gradient",
            "gradient *= step_size * 0.5\n        theta -= gradient",
        ),
        ("datasets/made", "corners[0] != corners[1]", "corners[0] == corners[1]"),
    ],
)
def test_an_edited_formula_of_a_released_part_is_trained_with_as_it_is_now(package, unedited, file, before, after):
    edit(package / f"nnexp/parts/{file}.py", before, after)
    again, J = trained(package)
    edit(package / f"nnexp/parts/{file}.py", after, before)
    assert again == 2
    assert unedited != J


def test_workers_do_not_train_by_code_that_was_edited_since_the_sweep_began(tmp_path):
    (tmp_path / "own_part.py").write_text(SOFTSIGN)
    program = (
        "import nnexp, own_part\nfrom nnexp import config, plan\n"
        "asked = dict(dataset='xor', activation='softsign', width=2, steps=20, seeds=64, step_size=[0.1, 0.2])\n"
        "plan.plan(config.check(asked))\n"
        "text = open('own_part.py').read()\n"
        "open('own_part.py', 'w').write(text.replace('1.0 + np.abs(z)', '22.0 + np.abs(z)'))\n"
        "nnexp.sweep(**asked, backend={'where': 'processes', 'workers': 2})\n"
    )
    (tmp_path / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, "program.py"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert "UserError: the code of own_part.Softsign on a worker is not the code" in done.stderr
    assert not list((tmp_path / "runs/judgements").glob("*.parquet"))


def test_parts_that_are_sent_as_they_are_need_no_source_elsewhere():
    cell(SOFTSIGN)
    cls = registry.known("activation")["softsign"]
    assert fingerprints.of_import(cls) == ""
    assert (
        fingerprints.of_import(type(registry.make("activation", "tanh"))) == registry.released("activation", "tanh")[0]
    )
    again = pickle.loads(pickle.dumps(registry.make("activation", "leaky_relu", {"leak": 0.3})))
    assert again == registry.make("activation", "leaky_relu", {"leak": 0.3})
    assert registry.make("activation", "softsign") == pickle.loads(
        cloudpickle.dumps(registry.make("activation", "softsign"))
    )
