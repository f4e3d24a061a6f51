"""Can the best seed's net of a configuration be loaded and served as a model of MLflow's?"""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from tracking.conftest import entries, run

import nnexp
from nnexp.errors import UserError
from nnexp.parts import registry
from nnexp.tracking import store

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}


SETS = [name for name in registry.known("dataset") if name not in ("table", "relu_teacher")]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A sweep over every data set with examples and a table of one's own, its configurations' entries, the store's URI."""
    root = tmp_path_factory.mktemp("models")
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"age": rng.integers(20, 70, 60), "town": rng.choice(["Ulm", "Bern"], 60)})
    table["bought it"] = np.where((table["age"] > 45) ^ (table["town"] == "Ulm"), "yes", "no")
    table.to_csv(root / "own table.csv", index=False)
    own = {"table": {"path": str(root / "own table.csv"), "target": "bought it"}}
    outcome = run(root, dataset=[*SETS, own], seeds=2, steps=60, activation="tanh", tracking={"runs": False})
    uri = store.default_uri(root)
    mlflow.set_tracking_uri(uri)
    return outcome, entries(root, outcome)[1]["configuration"], uri


def best(outcome, entry):
    runs = outcome.frame()
    group = runs[runs["configuration"] == entry.data.tags["configuration"]]
    return nnexp.recall(group.loc[group["J"].idxmin()])


def inputs_of(run, part="test"):
    """Raw rows without the target, as a file would have them."""
    rows, target = run.rows(part), list(run.configuration.data.target.names)
    return rows.drop(columns=target), rows[target]


def test_raw_rows_give_through_mlflow_what_python_gives_and_the_recorded_error(kept):
    outcome, configurations, _ = kept
    assert len(configurations) == len(SETS) + 1
    for entry in configurations:
        recalled = best(outcome, entry)
        part = "test" if len(recalled.rows("test")) else "train"
        rows, actual = inputs_of(recalled, part)
        model = mlflow.pyfunc.load_model(f"runs:/{entry.info.run_id}/net")
        told = model.predict(rows)
        pd.testing.assert_frame_equal(told, recalled.net.table(rows))
        data = recalled.configuration.data
        measured = recalled.objective.measure(recalled.theta[None, :], 0.0, 0.0)
        if data.task == "regression":
            off = (told[list(data.target.names)].to_numpy() - actual.to_numpy()) / data.target.deviation
            assert np.square(off).mean(axis=0).sum() == pytest.approx(measured[f"{part}_loss"][0], rel=1e-10)
        else:
            assert (told["label"] != actual.iloc[:, 0]).mean() == pytest.approx(measured[f"{part}_error"][0], rel=1e-14)
        assert model.metadata.signature.inputs.input_names() == data.encoding.names
        assert model.metadata.signature.outputs.input_names() == list(told.columns)
        assert model.metadata.run_id == entry.info.run_id
        (output,) = entry.outputs.model_outputs
        assert model.metadata.model_id == output.model_id


def entry_of(kept, name):
    return next(entry for entry in kept[1] if entry.data.params["dataset"] == name)


def test_a_row_that_cannot_be_used_is_refused(kept):
    model = mlflow.pyfunc.load_model(f"runs:/{entry_of(kept, 'table').info.run_id}/net")
    with pytest.raises(UserError, match="row 1 of column town holds 'Rome'"):
        model.predict(pd.DataFrame({"age": [30], "town": ["Rome"]}))
    with pytest.raises(mlflow.MlflowException, match="town"):
        model.predict(pd.DataFrame({"age": [30]}))


def test_it_is_code_and_text_without_a_pickle(kept):
    _, configurations, _ = kept
    folder = Path(mlflow.artifacts.download_artifacts(f"runs:/{configurations[0].info.run_id}/net"))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files -= {"registered_model_meta"}  # which MLflow adds while it downloads
    assert files == {
        *("MLmodel", "served.py", "artifacts/net.json", "requirements.txt", "conda.yaml", "python_env.yaml"),
    }
    for path in files:
        (folder / path).read_text(encoding="utf-8")
    said = (folder / "MLmodel").read_text()
    assert "python_model" not in said
    assert "/" not in next(line for line in said.splitlines() if "model_code_path" in line).split(":")[1]
    needed = [f"{name}=={version(name)}" for name in ("nnexp", "numpy", "pandas", "mlflow")]
    assert sorted((folder / "requirements.txt").read_text().split("\n")) == sorted(needed)
    conda = (folder / "conda.yaml").read_text().split("\n")
    assert [line for line in conda if "==" in line] == [f"  - {each}" for each in needed]


@pytest.mark.parametrize(("name", "form"), [("table", "csv"), ("breast_cancer", "json")])
def test_mlflows_command_line_predicts_raw_rows(kept, tmp_path, name, form):
    outcome, _, uri = kept
    entry = entry_of(kept, name)
    recalled = best(outcome, entry)
    rows, actual = inputs_of(recalled)
    if form == "csv":
        rows.to_csv(tmp_path / "rows.csv", index=False)
    else:
        (tmp_path / "rows.json").write_text(json.dumps({"dataframe_split": rows.to_dict(orient="split", index=False)}))
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", f"runs:/{entry.info.run_id}/net"]
    command += ["--env-manager", "local", "-i", f"rows.{form}", "-t", form, "-o", "told.json"]
    environment = {**ENVIRONMENT, "MLFLOW_TRACKING_URI": uri}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = [row["label"] for row in json.loads((tmp_path / "told.json").read_text())["predictions"]]
    assert told == recalled.predict(rows).tolist()
    error = recalled.objective.measure(recalled.theta[None, :], 0.0, 0.0)["test_error"][0]
    assert (np.array(told) != actual.iloc[:, 0].to_numpy()).mean() == pytest.approx(error, rel=1e-14)


def test_an_objective_without_data_keeps_no_net(tmp_path):
    outcome = run(tmp_path, dataset="relu_teacher", loss="squared", activation="relu", width=6, seeds=2, offsets=False)
    _, levels = entries(tmp_path, outcome)
    assert all(not entry.outputs.model_outputs for entry in levels["configuration"])
