"""Sweeps that are shown, and how the store that shows them is read: through MLflow's public interface alone."""

import functools
from types import SimpleNamespace

import pytest
from mlflow import MlflowClient

from nnexp import backends, config, pipeline, records
from nnexp.tracking import store, sync

LEVELS = ("sweep", "configuration", "run")


def run(root, **asked):
    """A small sweep, carried through; it fails if anything could not be tracked."""
    asked = {
        "name": "shown",
        "question": "Is it all there?",
        "dataset": "two_moons",
        "width": 3,
        "steps": 40,
        "seeds": 4,
        "activation": ["tanh", "relu"],
        "runs_dir": str(root),
        "backend": {"where": "serial"},
        "tracking": {"store": "mlflow"},
        **asked,
    }
    failed = []
    watcher = pipeline.Silence()
    watcher.not_tracked = failed.append
    watcher.tracked_slowly = (
        failed.append if asked.get("tracking", {}).get("writer") != "client" else watcher.tracked_slowly
    )
    outcome = pipeline.run(config.check(asked), config=asked, watcher=watcher)
    assert not failed
    return outcome


def synced(root, record, **tracking):
    """Whether there was anything to do, and what was said."""
    said = []
    each = functools.partial(backends.each, backend=config.Backend(where="serial"))
    done = sync.sync(records.Records(root), record, config.Tracking(**tracking), each=each, said=said.append)
    return done, said


def entries(root, outcome, uri=None):
    """The client, and the MLflow runs of a sweep by level."""
    client = MlflowClient(uri or store.default_uri(root))
    experiment = client.get_experiment_by_name(outcome.record.name)
    found = client.search_runs([experiment.experiment_id], f"tags.sweep = '{outcome.record.id}'", max_results=1000)
    return client, {level: [r for r in found if r.data.tags["level"] == level] for level in LEVELS}


def counts(levels):
    """How many MLflow runs each level has."""
    return [len(levels[level]) for level in LEVELS]


@pytest.fixture(scope="session")
def shown(tmp_path_factory):
    """A sweep of two configurations from four seeds each, shown in a folder whose name has a space."""
    root = tmp_path_factory.mktemp("with a space") / "runs"
    outcome = run(root, stopping={"early_stopping": {"patience": 1000}})
    client, levels = entries(root, outcome)
    return SimpleNamespace(root=root, outcome=outcome, client=client, levels=levels)
