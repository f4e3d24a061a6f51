"""Does MLflow show what is on record, each entry once and whole, whatever happened before?"""

import numpy as np
import pytest
from mlflow import MlflowClient
from tracking.conftest import counts, entries, run, synced

from nnexp.optima import seeds
from nnexp.optima.distinct.catalogue import MINIMA
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.tracking import boundaries, bulk, metrics, store, values, writers


def test_there_is_one_sweep_its_configurations_and_every_run(shown):
    assert counts(shown.levels) == [1, 2, 8]
    assert {run.info.status for runs in shown.levels.values() for run in runs} == {"FINISHED"}
    (sweep,) = shown.levels["sweep"]
    of_configuration = {r.data.tags["configuration"]: r.info.run_id for r in shown.levels["configuration"]}
    assert set(of_configuration) == {c.id for c in shown.outcome.plan.configurations}
    assert {r.data.tags["mlflow.parentRunId"] for r in shown.levels["configuration"]} == {sweep.info.run_id}
    for entry in shown.levels["run"]:
        assert entry.data.tags["mlflow.parentRunId"] == of_configuration[entry.data.tags["configuration"]]


def test_any_filter_works_on_any_level(shown):
    keys = [{key for r in shown.levels[level] for key in r.data.params} for level in shown.levels]
    assert keys[0] == keys[1] == keys[2] - {"seed"}
    for runs in shown.levels.values():
        assert all({"level", "sweep", "configuration"} <= set(r.data.tags) for r in runs)
    assert shown.levels["sweep"][0].data.params["activation"] == "tanh, relu"


def test_curves_over_seeds_are_the_recorded_ones(shown):
    runs = shown.outcome.frame()
    for entry in shown.levels["configuration"]:
        group = runs[runs["configuration"] == entry.data.tags["configuration"]]
        steps, expected = seeds.bands(group, "test_loss")
        for name, told in expected.items():
            history = shown.client.get_metric_history(entry.info.run_id, f"test loss/{name}")
            logged = sorted(history, key=lambda m: m.step)
            assert [m.step for m in logged] == list(steps)
            np.testing.assert_array_equal([m.value for m in logged], told)
        assert entry.data.metrics["final test loss/median"] == group["test_loss"].median()
        assert entry.data.metrics["final J/worst"] == group["J"].max()
        assert entry.data.params["activation"] == group["activation"].iloc[0]


def test_long_curves_are_thinned_and_keep_their_ends(tmp_path):
    outcome = run(tmp_path, curve_points=200, steps=300, seeds=1, activation="tanh")
    client, levels = entries(tmp_path, outcome)
    recorded = outcome.frame()["curve_steps"].iloc[0]
    assert len(recorded) > values.MOST_POINTS
    logged = sorted(m.step for m in client.get_metric_history(levels["run"][0].info.run_id, "loss/train"))
    assert len(logged) == values.MOST_POINTS
    assert set(logged) <= set(recorded)
    assert (logged[0], logged[-1]) == (recorded[0], recorded[-1])


def test_runs_carry_their_numbers_and_the_best_the_median_and_the_worst_their_roles(shown):
    runs = shown.outcome.frame()
    for configuration, group in runs.groupby("configuration"):
        ranked = group.sort_values("J")["run"].tolist()
        roles = {ranked[0]: "best", ranked[1]: "median", ranked[3]: "worst", ranked[2]: None}
        of_it = [r for r in shown.levels["run"] if r.data.tags["configuration"] == configuration]
        assert {r.data.tags["key"]: r.data.tags.get("role") for r in of_it} == roles
    for entry in shown.levels["run"]:
        row = runs[runs["run"] == entry.data.tags["key"]].iloc[0]
        assert entry.data.metrics["final/J"] == row["J"]
        assert int(entry.data.params["seed"]) == row["seed"]


def test_what_is_logged_is_what_the_dictionary_lists(shown):
    for level, runs in shown.levels.items():
        logged = {name for r in runs for name in r.data.metrics}
        listed = {each.name for each in metrics.dictionary() if each.level == level}
        assert logged == {name for name in listed if "RMSE" not in name}  # which regressions have
    assert all(each.meaning and each.unit for each in metrics.dictionary())


def test_a_regression_is_logged_in_the_targets_own_unit(tmp_path):
    outcome = run(tmp_path, dataset="diabetes", loss="squared", activation="tanh", seeds=2)
    _, levels = entries(tmp_path, outcome)
    runs = outcome.frame().set_index("run")
    for entry in levels["run"]:
        assert entry.data.metrics["final/test RMSE"] == runs["test_rmse"][entry.data.tags["key"]]
    (configuration,) = levels["configuration"]
    assert configuration.data.metrics["final test RMSE/median"] == runs["test_rmse"].median()


def test_boundaries_are_shown_by_snapshot(shown):
    kept = shown.outcome.frame()["snapshot_steps"].iloc[0]
    for entry in [*shown.levels["configuration"], *shown.levels["sweep"]]:
        files = [f.path for f in shown.client.list_artifacts(entry.info.run_id, "images")]
        for form in (".png", ".webp"):
            numbers = [int(path.split("+step+")[1].split("+")[0]) for path in files if path.endswith(form)]
            assert sorted(numbers) == list(range(len(kept)))
        assert entry.data.tags["mlflow.loggedImages"] == "True"


def test_images_are_named_as_mlflow_names_them(shown, tmp_path):
    """By the client itself, in a store of its own."""
    client = store.open_store(store.default_uri(tmp_path))
    experiment = client.create_experiment("images", artifact_location=(tmp_path / "artifacts").as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_image(run_id, np.zeros((5, 7, 3), np.uint8), key=boundaries.KEY, step=3, timestamp=11)
    theirs = {f.path for f in client.list_artifacts(run_id, "images")}
    from PIL import Image

    ours = [path for path, _ in boundaries.named(boundaries.KEY, 3, 11, Image.new("RGB", (7, 5)))]
    without = {path.replace(path.split("+timestamp+11+")[1][:36], "ID") for path in theirs}
    assert {path.replace(path.split("+timestamp+11+")[1][:36], "ID") for path in ours} == without


def test_words_above_pictures_side_by_side_end_within_them():
    says = "step 14,000: depth 3, width 16, leaky_relu, squared, sgd, step size 0.05"
    one, two = (boundaries._head(248, says, lines) for lines in (1, 2))
    assert (one[:, -2:] < 255).any(), "it is longer than a line"
    assert (two[:, -2:] == 255).all()
    assert all((half < 255).any() for half in np.split(two, 2))


def test_the_sweeps_page_says_what_was_asked_and_found(shown):
    (sweep,) = shown.levels["sweep"]
    note = sweep.data.tags["mlflow.note.content"]
    assert note.startswith("Is it all there?")
    assert "8 runs of 2 configurations" in note
    listed = {
        f.path for folder in (None, "figures", "tables") for f in shown.client.list_artifacts(sweep.info.run_id, folder)
    }
    expected = {"config.yaml", "failures.txt", "figures/overview.png"}
    expected |= {f"tables/{name}.{form}" for name in ("configurations", "runs") for form in ("csv", "parquet")}
    assert expected <= listed
    experiment = shown.client.get_experiment(sweep.info.experiment_id)
    assert experiment.tags["mlflow.note.content"] == note


def test_where_entries_come_from_is_said(shown):
    for entry in [*shown.levels["sweep"], *shown.levels["configuration"]]:
        assert {"versions", "machine", "mlflow.user"} <= set(entry.data.tags)
        assert "numpy 2" in entry.data.tags["versions"]
    for entry in [*shown.levels["configuration"], *shown.levels["run"]]:
        (data,) = entry.inputs.dataset_inputs
        assert data.dataset.name == "two_moons"
        assert [tag.value for tag in data.tags] == ["training"]


def test_verdicts_are_tags_by_which_endpoints_are_found(shown):
    runs = shown.outcome.frame(curves=False)
    verdicts = runs.set_index("run")["endpoint"]
    for entry in shown.levels["run"]:
        assert entry.data.tags["endpoint"] == verdicts[entry.data.tags["key"]]
        assert (entry.data.tags["settled"] == "yes") == (entry.data.tags["endpoint"] in MINIMA)
    of_one = shown.levels["run"][0]
    where = f"tags.endpoint = '{of_one.data.tags['endpoint']}' and tags.sweep = '{shown.outcome.record.id}'"
    found = shown.client.search_runs([of_one.info.experiment_id], where)
    assert len(found) == (verdicts == of_one.data.tags["endpoint"]).sum()
    for entry in shown.levels["configuration"]:
        own = runs[runs["configuration"] == entry.data.tags["configuration"]]["endpoint"]
        for name in VERDICTS:
            assert entry.data.metrics[f"share of seeds/{name}"] == (own == name).mean()


def test_the_share_of_the_lowest_minimum_is_that_of_the_seeds_that_reach_it(tmp_path):
    outcome = run(
        tmp_path, dataset="xor", activation="tanh", width=2, l2=0.01, penalize_offsets=True, seeds=13, steps=3000
    )
    runs, (_, levels) = outcome.frame(), entries(tmp_path, outcome)
    J = runs["polished_J"].to_numpy()
    assert 0 < (abs(J - J.min()) < 1e-7).sum() < len(J)
    assert levels["configuration"][0].data.metrics[metrics.LOWEST] == (abs(J - J.min()) < 1e-7).mean()


def test_runs_that_an_earlier_sweep_recorded_are_shown_too(tmp_path):
    run(tmp_path, name="earlier", seeds=3)
    outcome = run(tmp_path, seeds=5)
    assert outcome.trained == 4
    assert counts(entries(tmp_path, outcome)[1]) == [1, 2, 10]


def test_a_store_of_an_unknown_schema_is_written_by_the_client_and_it_is_said(tmp_path, monkeypatch):
    outcome = run(tmp_path, tracking={"store": "none"}, seeds=1, activation="tanh")
    monkeypatch.setattr(bulk, "TESTED_REVISIONS", set())
    done, (line,) = synced(tmp_path, outcome.record)
    assert done
    assert "is none that bulk writing was tested with" in line
    assert counts(entries(tmp_path, outcome)[1]) == [1, 1, 1]


def test_bulk_writing_that_cannot_be_had_is_refused(tmp_path):
    client = store.open_store(store.default_uri(tmp_path))
    with pytest.raises(ValueError, match=r"writer=bulk cannot be had: http is no database.*say tracking.writer=auto"):
        writers.open_writer(client, "http://127.0.0.1:1", "0", "bulk")


def test_a_diverged_run_is_shown_without_numbers_that_are_none(tmp_path):
    outcome = run(tmp_path, dataset="diabetes", loss="squared", activation="relu", step_size=50.0, seeds=2, steps=60)
    assert set(outcome.frame()["status"]) == {"diverged"}
    _, levels = entries(tmp_path, outcome)
    assert {r.data.tags["status"] for r in levels["run"]} == {"diverged"}
    assert all(np.isfinite(list(r.data.metrics.values())).all() for runs in levels.values() for r in runs)
    assert (
        MlflowClient(store.default_uri(tmp_path)).list_artifacts(levels["configuration"][0].info.run_id, "images") == []
    )
