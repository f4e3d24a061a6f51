"""What every test shares: where its helpers are found, how hypothesis draws its examples, an environment without MLflow's."""

import os

import pytest
from hypothesis import settings

MLFLOW = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
for variable in MLFLOW:
    os.environ.pop(variable, None)

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")


@pytest.fixture(autouse=True)
def no_store_of_mlflows():
    """`mlflow.set_tracking_uri` sets a variable for processes to come: for none of another test."""
    yield
    for variable in MLFLOW:
        os.environ.pop(variable, None)
