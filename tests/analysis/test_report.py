"""Does a report say in words what the runs hold, and is it one whole page?"""

import re

import numpy as np
import pages
import pytest

import nnexp
from analysis import asked, objectives
from analysis.report import __main__ as report
from analysis.report import page
from nnexp.records import Records

XOR = {
    "dataset": "xor",
    "depth": 2,
    "width": 2,
    "l2": 0.01,
    "penalize_offsets": True,
    "optimizer": ["gd", "sgd"],
    "step_size": 0.5,
    "passes": 400,
    "seeds": 30,
    "curve_points": 4,
    "snapshots": 0,
    "backend": {"where": "serial"},
    "question": "where does XOR <end>?",
}


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A small sweep's runs, the page, and the sentences of its summary."""
    folder = tmp_path_factory.mktemp("report") / "runs"
    runs = nnexp.sweep(name="xor", runs_dir=str(folder), **XOR)
    report.main(["xor", "--runs-dir", str(folder)])
    text = (folder / "analysis" / "xor" / "report.html").read_text(encoding="utf-8")
    summary = re.findall(r"<li>(.*?)</li>", text, flags=re.DOTALL)
    return runs, text, " ".join(summary)


def told_apart(runs):
    """The distinct ends among the minima, by J and by what the net says of XOR's points: another way than the catalogue's."""
    minima = runs[runs["endpoint"].isin(objectives.MINIMA)]
    run = nnexp.recall(minima.iloc[0])
    said = run.objective.guess(np.stack(list(minima["polished_theta"])), run.objective.train.X)[:, 0]
    return [tuple(np.round([J, *guess], 4)) for J, guess in zip(minima["polished_J"], said, strict=True)]


def test_optima_are_counted_in_words_as_they_are(reported):
    runs, _, said = reported
    ends = told_apart(runs)
    assert f"From {len(ends)} of 60 runs ({len(ends) / 60:.0%}) the polish came to a local optimum" in said
    assert len(set(ends)) > 1
    assert f"How many optima: {len(set(ends))} distinct optima." in said
    lowest = min(ends)
    assert f"How often: {ends.count(lowest) / 60:.1%} of runs reach the lowest known optimum" in said
    ratio = max(J for J, *_ in ends) / lowest[0]
    assert float(re.search(r"the highest optimum has ([\d.]+) times the J", said)[1]) == pytest.approx(ratio, rel=0.01)


def test_gd_and_sgd_are_compared_in_words_as_they_ended(reported):
    runs, _, said = reported
    gd, sgd = (runs[runs["optimizer"] == arm].set_index("init_seed") for arm in ("gd", "sgd"))
    ratio = np.log(sgd["J"] / gd["J"]).sort_index().to_numpy()
    typical = np.exp(np.median([(a + b) / 2 for i, a in enumerate(ratio) for b in ratio[i:]]))
    assert f"In the median objective SGD&#39;s J is {typical:.3g} times GD&#39;s." in said
    assert f"one of SGD {sgd['gradient_evaluations'].median():,.0f}" in said
    assert "There was nothing to tune, and all seeds are compared." in said
    at = gd["endpoint"].isin(objectives.MINIMA) & sgd["endpoint"].isin(objectives.MINIMA)
    other = at & (np.abs(gd["polished_J"] - sgd["polished_J"]) > 1e-6)
    pairs, elsewhere = re.search(
        r"Of (\d+) pairs from the same initial weights in which .* optimum, (\d+) ", said
    ).groups()
    assert int(pairs) == at.sum()
    assert int(elsewhere) >= other.sum() > 0


def test_the_page_is_whole_and_needs_nothing_beside_it(reported):
    runs, text, _ = reported
    whole = pages.whole(text)
    assert len(whole.pictures) >= 6
    assert all(run in text for run in runs["run"])
    assert "where does XOR &lt;end&gt;?" in text
    assert len(re.findall(r"commit [0-9a-f]{10}|commit unknown", text)) >= len(whole.pictures)


def test_intervals_are_over_seeds_and_the_page_says_so(reported):
    """30 seeds, each trained by GD and SGD: the interval for the pooled share is Wilson's for 30, not for 60."""
    runs, text, said = reported
    ends = told_apart(runs)
    share, z = ends.count(min(ends)) / 60, 1.959963984540054
    middle, reach = share + z**2 / 60, z * np.sqrt(share * (1 - share) / 30 + z**2 / 3600)
    low, high = (middle - reach) / (1 + z**2 / 30), (middle + reach) / (1 + z**2 / 30)
    assert f"({low:.1%} to {high:.1%})" in said
    assert "60 runs are 30 seeds, each trained in 2 ways; runs from one seed often end alike" in text


def test_what_was_the_same_for_every_run_is_told(reported):
    text = reported[1]
    assert "l2 0.01" in text
    assert "400 passes" in text
    assert "step size 0.5" in text


def test_every_word_is_explained_once(reported):
    text = reported[1]
    for word in (
        "Objective",
        "Polish",
        "Optimum",
        "Unseen",
        "Kink",
        "Seed",
        "Holm",
        "McNemar",
        "Wilcoxon",
        "Proved saddle",
    ):
        assert text.count(f"<p>{word}: ") == 1


def test_the_same_records_give_the_same_page(reported, tmp_path):
    runs = reported[0]
    folder = tmp_path / "runs"
    nnexp.sweep(name="small", runs_dir=str(folder), **XOR | {"seeds": 6, "optimizer": "gd"})
    files = [report.report(asked.read("small", folder)).read_bytes() for _ in range(2)]
    assert files[0] == files[1]
    assert len(runs) == 60


def test_runs_that_were_not_judged_are_refused_in_a_line(reported, tmp_path):
    folder = tmp_path / "runs"
    nnexp.sweep(name="small", runs_dir=str(folder), **XOR | {"seeds": 2, "optimizer": "gd"})
    for file in (folder / "judgements").glob("*.parquet"):
        file.unlink()
    sweep = asked.read("small", folder)
    with pytest.raises(nnexp.UserError, match="has been judged"):
        report.report(asked.Asked(Records(folder).sweep("small"), sweep.runs, folder))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("share", 0.125, "12.5%"),
        ("share", 1.0, "100%"),
        ("J", 0.28313, "0.2831"),
        ("runs", 1664, "1,664"),
        ("J", float("nan"), ""),
        ("kept", True, "yes"),
        ("value", None, ""),
        ("pairs", 12.0, "12"),
    ],
)
def test_cells_are_written_as_people_read_them(name, value, text):
    assert page.cell(name, value) == text
