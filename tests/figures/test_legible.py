"""Do all texts of every figure lie inside it and apart, whatever names data, files and configurations have?"""

import importlib
import inspect
import io
import pkgutil

import numpy as np
import pandas as pd
import pytest
from boxes import faults, legible, recorded
from test_landscape_pictures import landscape, plane_of

import analysis.pictures
import nnexp.figures
from nnexp.figures import (
    arms,
    basins,
    boundary,
    catalogue,
    causes,
    curves,
    effects,
    film,
    fit,
    graph,
    ladders,
    losses,
    matrix,
    overview,
    panels,
    slices,
    style,
    surfaces,
    units,
    ways,
)
from nnexp.figures import landscape as landscapes
from nnexp.figures.fields import Field, Points
from nnexp.frames import recall
from nnexp.optima import seeds
from nnexp.optima.between.band import Bands
from nnexp.optima.between.basins import Field as Start
from nnexp.optima.between.basins import basins as basins_of
from nnexp.optima.between.passes import Passes
from nnexp.optima.between.slices import Relief, Seen, Slice
from nnexp.optima.distinct import catalogue as catalogues
from nnexp.optima.distinct import rungs
from nnexp.optima.spread import split

CLASSES = [f"{name}_penguin_of_{island}_island" for name, island in (("adelie", "torgersen"), ("chinstrap", "dream"))]
CLASSES.append("gentoo penguin (Pygoscelis papua), île de Biscoe [archipel]")
INPUTS = "Länge des Schnabels, gemessen an der Basis (in Millimetern) [mm]", "prix_d'un_kilo ($_TVA), en $"
SOLID = "x1: distance from its star [au]", "x2: size of the star (in radii)"
LONG = "depth 3, width 16, leaky_relu, squared, momentum, step size 1e-05, optimizer.momentum.batch_size=128, l2 1e-05"
FILE = "measurements of penguins_in_the_palmer_archipelago (2007-2009), corrected ($ to $_).csv"
SHARED = {"steps": 6, "passes": None, "seeds": 3, "curve_points": 6, "snapshots": 4, "judge": False}


@pytest.fixture(scope="module")
def table(sweep, tmp_path_factory):
    """Runs on a table of three classes, all of whose names are long; configurations differ in many keys."""
    rng, file = np.random.default_rng(0), tmp_path_factory.mktemp("tables") / FILE
    cells = rng.normal(size=(30, 2)) * [3.0, 1e-5]
    frame = pd.DataFrame(cells, columns=INPUTS).assign(**{"Art (nach Linné)": CLASSES * 10})
    frame.to_csv(file, index=False)
    return sweep(
        dataset={"table": {"path": str(file), "target": "Art (nach Linné)"}},
        loss="softmax_nll",
        widths=[[3, 2], [3]],
        activation=["leaky_relu", "tanh"],
        optimizer=[{"gd": {}}, {"sgd": {"batch_size": 8}}],
        step_size=[0.05, 1e-05, 1e6],
        l2=[0.0, 1e-05],
        **SHARED,
    )


@pytest.fixture(scope="module")
def wide(sweep, tmp_path_factory):
    """A run on a table of seven columns, which is seen as a slice, and of more than MOST units."""
    rng, file = np.random.default_rng(0), tmp_path_factory.mktemp("tables") / FILE
    frame = pd.DataFrame(rng.normal(size=(30, 5)), columns=[f"{INPUTS[0]} {number}" for number in range(5)])
    frame.assign(species=CLASSES * 10).to_csv(file, index=False)
    asked = {"dataset": {"table": {"path": str(file), "target": "species"}}, "loss": "softmax_nll"}
    return sweep(**asked, widths=[[9, 12]], **SHARED).iloc[0]


@pytest.fixture(scope="module")
def found(table):
    """A catalogue of three nets said to be minima, and a run of their configuration."""
    row = table[table["depth"] == 2].iloc[0]
    objective, n = recall(row).objective, len(row["theta"])
    theta = np.repeat(np.random.default_rng(1).normal(size=(3, n)), [23, 7, 1], axis=0)
    return catalogues.catalogue(objective, theta, objective.value(theta, 0.0), zero_directions=np.zeros(31, int)), row


def finished(table, depth=2):
    return table[(table["depth"] == depth) & table["J"].notna()]


def widest(table):
    return finished(table).iloc[0]


def told_apart(table):
    """Two objectives' runs by the optima they are said to reach."""
    rng = np.random.default_rng(0)
    runs = table.assign(
        objective=1 + (table["depth"] == 3),
        optimum=rng.integers(-1, 3, len(table)),
        endpoint=rng.choice([*ladders.ENDS][2:], len(table)),
    )
    return runs.assign(polished_J=0.5 + runs["optimum"] * 1e-5)


def ratios():
    n = 7
    return pd.DataFrame(
        {
            "objective": [f"{number}: {LONG}" for number in range(n)],
            "ratio_J": np.geomspace(0.02, 40.0, n),
            "ratio_low": np.geomspace(0.01, 20.0, n),
            "ratio_high": np.geomspace(0.03, 90.0, n),
            "p_holm": np.linspace(0.0, 1.0, n),
        }
    )


def transitions():
    names = [str(number) for number in range(1, 31)]
    counts = pd.DataFrame(np.random.default_rng(0).integers(0, 1000, (30, 30)), index=names, columns=names)
    return arms.transitions([counts, counts.iloc[:2, :3]], [f"1: {LONG}", f"2: {LONG}"])


def optima_tested():
    table = pd.DataFrame({"J": [1e-5, 2e-5, 3.1e-5], "test_loss": [1234.5, 1234.6, 1234.7], "share": [0.2, 0.3, 0.5]})
    return ladders.tested([table] * 4, [f"{number}: {LONG}" for number in range(4)])


def by_key(table):
    keys = ["features", "step_size", "optimizer.momentum.momentum"]
    values = [["polynomial", "fourier"], [1e-05, 0.0123456789], [0.123456789, 0.9]]
    rows = pd.MultiIndex.from_product(values, names=keys).to_frame(index=False)
    measures = {name: np.linspace(0.1, 1.0, len(rows)) for name in rungs.MEASURES}
    return effects.effects(rows.assign(**measures), keys)


def shares():
    made = split(np.random.default_rng(0).normal(size=(3, 4, 5)), ("data", "initial weights", "order of the data"))
    return causes.causes({f"{LONG} {number}": {"J": made, "test_loss": made} for number in range(3)})


def basin():
    names = (
        "the weight of input 1 (Länge des Schnabels) into unit 12 of hidden layer 1",
        "the offset of unit 2 of layer 3",
    )
    field = Start(np.zeros(2), np.eye(2), ((-1e-5, 1e-5), (-4.0, 4.0)), (13, 1), names)
    return basins.picture(basins_of(field, np.arange(13)), np.linspace(1e-5, 2e-5, 13))


def lines():
    J = np.random.default_rng(1).uniform(1e-5, 1.0, (2, 29, 5))
    return landscapes.lines(np.linspace(0.0, 1.0, 5), *J)


def band():
    """Three passes of nearly one height, all beside the same image of the band."""
    theta, n = np.array([[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]]), 3
    way = Bands(theta, np.array([[0.0, 0.9, 0.5]]), np.ones(1), np.zeros(1), np.ones(1, int))
    J, ends = np.array([0.912345, 0.912346, 0.9]), np.zeros((n, 2, 2))
    yes = np.array([True, False, True])
    given = np.array([[1.0, 0.1 * k] for k in range(n)]), J, yes, -J, J, 0 * J, ends, ends[:, :, 0], ends[:, :, 0] > 0
    return landscapes.band(way, 0, Passes(*given, np.zeros(n, int)), np.array([0.0, 2.0, 0.5]))


def tree():
    n = 90
    return landscapes.disconnectivity(landscape(1.0 + 1e-5 * np.arange(n), [[0, 1]], [3.0], found=[2], flat=[0]))


def seen(n, k):
    """Points that are drawn at nearly one place."""
    J = np.linspace(1e-5, 1e5, n)
    return Seen(np.full((n, k), 0.5) + 1e-3 * np.arange(n)[:, None], J, J, J + 1.0), [
        f"optimum {i + 1}" for i in range(n)
    ]


def along():
    on = Slice(np.zeros(3), np.eye(3)[:, :1], ("share of the way from where training started to where it stopped",))
    return slices.line(Relief(on, (np.linspace(0.0, 1.0, 5),), np.arange(5.0) * 1e-5), *seen(20, 1))


def function():
    file, name = fit.plain(FILE), fit.plain(INPUTS[1])
    marks = [panels.Line([1.0, 1.02, 1.04], [1e-5, 2e-5, 3e-5], f"{LONG} {number}") for number in range(3)]
    shown = panels.Panel(LONG, name, "J", marks, note=file, x_scale="log")
    ticked = panels.Panel(LONG, name, "J", marks, ticks=([1.0, 1.02, 1.04], CLASSES))
    return panels.panels([shown, ticked, shown, shown], title=f"{file} {LONG}")


def surface():
    """Words of the lengths that figures in code have: no name from data comes here."""
    x = np.linspace(-2.0, 2.0, 23)
    field = Field(x, x, np.add.outer(x, x), names=("p: precipitation", "T: temperature"))
    at, title = (
        Points(np.zeros((2, 2)), np.array([0.0, 1.0])),
        "feature 1: step(2 x1 - 3.25 x2 - 1e-05), weighed and added",
    )
    row = [surfaces.Panel(title, field, view, at, field) for view in ("surface", "above", "labels")]
    names = "sigmoid output, between 0 and 1", "the reverse"
    return surfaces.grid([row, row], names, (CLASSES[0], CLASSES[2]), "threshold (z = 0, sigmoid 1/2)", LONG)


def heat():
    names = [f"$W^{{1}}_{{{number},{number}}}$" for number in range(9)]
    return matrix.heat(np.eye(9), names, fit.plain(f"{FILE} {LONG}"), [4, 5])


def gone(table):
    """Runs whose theta was kept on the way, by the long names of their configurations."""
    pair = finished(table)[lambda runs: (runs["l2"] == 0.0) & (runs["activation"] == "tanh")]
    return {f"{LONG} {name}": pair[pair["optimizer"] == name].iloc[0] for name in ("gd", "sgd")}


def two_parameters(table):
    chosen = gone(table)
    return ways.of_runs(chosen, names=SOLID, size=7)


DRAWN = {
    "arms.forest": lambda given: arms.forest(ratios()),
    "arms.transitions": lambda given: transitions(),
    "basins.picture": lambda given: basin(),
    "boundary.panels": lambda given: boundary.panels([widest(given.table)] * 5, [LONG] * 5),
    "boundary.through_training": lambda given: boundary.through_training(seeds.representatives(given.first)),
    "catalogue.discovery": lambda given: catalogue.discovery(given.found[0], goal=1e-5),
    "catalogue.gallery": lambda given: catalogue.gallery(*given.found),
    "catalogue.rungs": lambda given: catalogue.rungs(given.found[0]),
    "causes.causes": lambda given: shares(),
    "curves.bands": lambda given: curves.bands(given.few, "gradient evaluations"),
    "effects.effects": lambda given: by_key(given.table),
    "film.boundaries": lambda given: film.boundaries(widest(given.table)),
    "graph.function_graph": lambda given: graph.function_graph(given.run.configuration, given.run.theta, backward=True),
    "ladders.ends": lambda given: ladders.ends(told_apart(given.table), {1: f"1: {LONG}", 2: f"2: {LONG}"}),
    "ladders.ladders": lambda given: ladders.ladders(
        [told_apart(given.table)] * 2, [LONG] * 2, seeds.varying(given.table)
    ),
    "ladders.tested": lambda given: optima_tested(),
    "landscape.band": lambda given: band(),
    "landscape.disconnectivity": lambda given: tree(),
    "landscape.lines": lambda given: lines(),
    "losses.distribution": lambda given: losses.distribution(given.table),
    "losses.duel": lambda given: losses.duel(given.table),
    "matrix.heat": lambda given: heat(),
    "overview.overview": lambda given: overview.overview(given.table),
    "panels.panels": lambda given: function(),
    "pictures.best_and_worst": lambda given: analysis.pictures.best_and_worst(given.table),
    "pictures.loss_curves": lambda given: analysis.pictures.loss_curves(given.table),
    "pictures.through_training": lambda given: analysis.pictures.through_training(given.table),
    "slices.line": lambda given: along(),
    "slices.plane": lambda given: slices.plane(plane_of(1.0 + np.arange(35.0).reshape(5, 7)), *seen(20, 2)),
    "surfaces.grid": lambda given: surface(),
    "units.unit_maps": lambda given: units.unit_maps(given.wide),
    "ways.of_runs": lambda given: two_parameters(given.table),
}
NOT_DRAWN = {"style.figure": "it is empty", "ways.ways": "of_runs draws with it"}


class Given:
    """What the figures are drawn from."""

    def __init__(self, table, wide, found):
        self.table, self.wide, self.found = table, wide, found
        self.first = table[table["configuration"] == widest(table)["configuration"]]
        self.few = table[table["configuration"].isin(table["configuration"].unique()[:6])]
        self.run = recall(widest(table))


@pytest.fixture(scope="module")
def given(table, wide, found):
    return Given(table, wide, found)


def figure_functions():
    """Every function that gives a Figure, by its module and name."""
    names = [f"nnexp.figures.{module.name}" for module in pkgutil.iter_modules(nnexp.figures.__path__)]
    for module in map(importlib.import_module, [*names, "analysis.pictures"]):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_own and function.__annotations__.get("return") == "Figure":
                yield f"{module.__name__.rpartition('.')[2]}.{name}"


def test_every_function_that_gives_a_figure_is_drawn_here():
    assert sorted(figure_functions()) == sorted([*DRAWN, *NOT_DRAWN])


@pytest.mark.parametrize("name", DRAWN)
def test_all_texts_lie_inside_and_apart(name, given):
    assert legible(DRAWN[name](given)) == []


def test_all_texts_of_every_frame_of_a_film_lie_inside_and_apart(given):
    with recorded() as pages:
        film.frames(widest(given.table))
    assert len(pages) > 2
    for figure, boxes in pages:
        assert faults(boxes, figure.bbox.size) == []


def test_what_is_cut_and_what_overlaps_is_found():
    figure = style.figure(2.0, 2.0)
    figure.set_layout_engine("none")
    for x, said in ((0.5, "one"), (0.55, "two"), (1.0, "three")):
        figure.text(x, 0.5, said)
    figure.text(0.1, 0.2, "slanted one", rotation=45.0)
    figure.text(0.1, 0.4, "slanted two", rotation=45.0)
    assert legible(figure) == ["cut: 'three'", "overlap: 'one' and 'two'"]


def test_words_are_wrapped_at_their_joints_and_lines_are_about_as_long_as_one_another():
    assert fit.wrapped("one two three four", 80.0, 9.0).split("\n") == ["one two", "three four"]
    long = fit.wrapped("adelie_penguin_of_torgersen_island", 70.0, 9.0)
    assert long.replace("\n", "") == "adelie_penguin_of_torgersen_island"
    assert all(line[0] == "_" for line in long.split("\n")[1:])
    assert fit.wrapped("one step size=0.05 more", 70.0, 9.0).split("\n") == ["one step", "size=0.05", "more"]
    formula = r"$W^{1}_{1, 1} + W_0$"
    assert formula in fit.wrapped(f"the sum {formula} again", 60.0, 9.0).split("\n")
    for text in ("", "x", "ä" * 50, "a  b", "$ and $ are signs"):
        lines = fit.wrapped(text, 60.0, 9.0).split("\n")
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(fit.length(line, 9.0) <= 60.0 or "$" in line for line in lines)


def test_a_name_with_dollar_signs_is_no_formula(given):
    figure = boundary.panels([widest(given.table)])
    figure.savefig(io.BytesIO(), format="png")
    assert fit.plain("($_TVA), en $") in figure.axes[0].get_ylabel().replace("\n", " ")


def test_standardized_columns_say_so_and_others_do_not(given, runs):
    for row, expected in ((widest(given.table), True), (runs.iloc[0], False)):
        (axes,) = boundary.panels([row]).axes
        assert [name.endswith(" (standardized)") for name in (axes.get_xlabel(), axes.get_ylabel())] == [expected] * 2


def test_a_table_is_called_by_its_file(given):
    for draw in (overview.overview, analysis.pictures.loss_curves):
        assert draw(given.table).get_suptitle().startswith(fit.plain(f"{FILE}, loss softmax_nll: "))
    for draw in (losses.distribution, losses.duel):
        assert draw(given.table).axes[0].get_title().startswith(fit.plain(f"{FILE}, loss softmax_nll: "))


def test_curves_of_some_configurations_say_of_how_many(given):
    assert analysis.pictures.loss_curves(given.table).get_suptitle().endswith(": 4 of 48 configurations")
    assert analysis.pictures.loss_curves(given.first).get_suptitle() == ""
