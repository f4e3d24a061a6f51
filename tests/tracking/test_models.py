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
from nnexp.tracking import store

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A sweep over two data sets, its configurations' entries, and the URI of the store."""
    root = tmp_path_factory.mktemp("models")
    outcome = run(root, dataset=["xor", "iris"], loss="squared", seeds=3, activation="tanh")
    uri = store.default_uri(root)
    mlflow.set_tracking_uri(uri)
    return outcome, entries(root, outcome)[1]["configuration"], uri


def best(outcome, entry):
    runs = outcome.frame()
    group = runs[runs["configuration"] == entry.data.tags["configuration"]]
    return nnexp.recall(group.loc[group["J"].idxmin()])


def test_the_best_seeds_net_says_as_a_model_what_it_says(kept):
    outcome, configurations, _ = kept
    for entry in configurations:
        recalled = best(outcome, entry)
        data = recalled.configuration.data
        points = pd.DataFrame(data.X_train.T, columns=list(data.inputs))
        model = mlflow.pyfunc.load_model(f"runs:/{entry.info.run_id}/net")
        told = model.predict(points)
        np.testing.assert_array_equal(told[list(data.outputs)].to_numpy().T, recalled.guess(data.X_train))
        assert model.metadata.signature.inputs.input_names() == list(data.inputs)
        assert model.metadata.signature.outputs.input_names() == list(told.columns)
        assert model.metadata.run_id == entry.info.run_id
        (output,) = entry.outputs.model_outputs
        assert model.metadata.model_id == output.model_id


def test_a_point_that_does_not_fit_the_signature_is_refused(kept):
    _, configurations, _ = kept
    model = mlflow.pyfunc.load_model(f"runs:/{configurations[0].info.run_id}/net")
    with pytest.raises(mlflow.MlflowException, match="schema"):
        model.predict(pd.DataFrame({"x1": ["a"], "x2": [1.0]}))


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


def test_mlflows_command_line_predicts_with_it(kept, tmp_path):
    outcome, configurations, uri = kept
    entry = next(e for e in configurations if e.data.params["dataset"] == "xor")
    data = best(outcome, entry).configuration.data
    asked = {"dataframe_split": {"columns": list(data.inputs), "data": data.X_train.T.tolist()}}
    (tmp_path / "points.json").write_text(json.dumps(asked))
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", f"runs:/{entry.info.run_id}/net"]
    command += ["--env-manager", "local", "-i", str(tmp_path / "points.json"), "-o", str(tmp_path / "told.json")]
    environment = {**ENVIRONMENT, "MLFLOW_TRACKING_URI": uri}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())["predictions"]
    expected = best(outcome, entry).guess(data.X_train)[0]
    np.testing.assert_allclose([row["label 1"] for row in told], expected, rtol=1e-12)
    assert [row["label"] for row in told] == [int(value > 0.5) for value in expected]


def test_an_objective_without_data_keeps_no_net(tmp_path):
    outcome = run(tmp_path, dataset="relu_teacher", loss="squared", activation="relu", width=6, seeds=2, offsets=False)
    _, levels = entries(tmp_path, outcome)
    assert all(not entry.outputs.model_outputs for entry in levels["configuration"])
