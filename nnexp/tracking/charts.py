"""The form in which MLflow's page of charts keeps its state: sections of charts, a filter, an order, columns.

The form is not documented; it is what MLflow 3.17 reads, and a browser test looks at what becomes of it. Charts that the page
would make by itself, one for each metric, are named as taken away, so that a view shows its own charts and no others.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MANY, FEW = 100, 20
"""Entries that a chart of points and one of lines or bars shows at most."""

Chart = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A heading and the charts under it, so many in a row."""

    title: str
    charts: Sequence[Chart]
    columns: int = 2
    height: int = 340


@dataclass(frozen=True)
class View:
    """What one view shows.

    key: by which it is known within its sweep. where: the filter of the table. order: the metric by which it is sorted, least
    first. columns: those of the table, beside the name. every: whether charts show every row, or the first FEW.
    """

    key: str
    name: str
    where: str
    order: str
    columns: Sequence[str]
    sections: Sequence[Section]
    every: bool = False


def bars(metric: str) -> Chart:
    """A bar for each entry."""
    return {"type": "BAR", "metricKey": metric, "runsCountToCompare": FEW}


def lines(metric: str, by: str | None = None) -> Chart:
    """A line for each entry on log axes, by step or by another metric."""
    axis = {"xAxisKey": "metric", "selectedXAxisMetricKey": by} if by else {"xAxisKey": "step"}
    scales = {"scaleType": "log", "xAxisScaleType": "log", "useGlobalXaxisKey": False, "displayPoints": False}
    scales |= {"lineSmoothness": 0, "useGlobalLineSmoothing": False}
    said = {"type": "LINE", "metricKey": metric, "selectedMetricKeys": [metric]}
    return {**said, **axis, **scales, "runsCountToCompare": FEW}


def points(x: str, y: str, *, setting: bool = False) -> Chart:
    """A point for each entry, by two metrics, or by a setting and a metric."""
    axes = {"xaxis": {"key": x, "type": "PARAM" if setting else "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return {"type": "SCATTER", **axes, "runsCountToCompare": MANY}


def parallel(settings: Sequence[str], metrics: Sequence[str]) -> Chart:
    """A line for each entry, through its settings and its metrics."""
    return {"type": "PARALLEL", "selectedParams": list(settings), "selectedMetrics": list(metrics), "showAllRuns": True}


def images(key: str, number: int) -> Chart:
    """The image of each entry at this place of the slider."""
    return {"type": "IMAGE", "imageKeys": [key], "step": number, "showRunParams": False}


def packed(view: View, metrics: Iterable[str], pictures: Iterable[str]) -> str:
    """The state of the page that a view is, as text; `metrics` and `pictures` are all that its entries may have."""
    made = [*map(bars, metrics), *(images(key, 0) for key in pictures)]
    state = json.dumps(_state(view, made), separators=(",", ":"))
    return "deflate;" + base64.b64encode(zlib.compress(state.encode(), 9)).decode()


def _state(view: View, made: Sequence[Chart]) -> dict[str, Any]:
    own = [chart for place, section in enumerate(view.sections) for chart in _placed(view, place, section)]
    return {
        "searchFilter": view.where,
        "orderByKey": view.order,
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(view.columns),
        "runsHiddenMode": "SHOW_ALL" if view.every else "FIRST_20_RUNS",
        "compareRunCharts": [*own, *_taken_away(view, own, made)],
        "compareRunSections": [_section(f"{view.key}-{i}", section) for i, section in enumerate(view.sections)],
        "isAccordionReordered": True,
        "groupBy": None,
        "hideEmptyCharts": True,
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "xAxisScaleType": "log"},
    }


def _placed(view: View, place: int, section: Section) -> list[Chart]:
    name, kept = f"{view.key}-{place}", {"deleted": False, "isGenerated": False}
    return [{**chart, "uuid": f"{name}-{i}", "metricSectionId": name} | kept for i, chart in enumerate(section.charts)]


def _taken_away(view: View, own: Sequence[Chart], made: Sequence[Chart]) -> list[Chart]:
    """The charts that the page would have made by itself of what the view has no chart of."""
    told = [_of(chart) for chart in own]
    flags = {"metricSectionId": f"{view.key}-0", "deleted": True, "isGenerated": True}
    return [chart | flags | {"uuid": f"{view.key}-not-{i}"} for i, chart in enumerate(made) if _of(chart) not in told]


def _of(chart: Chart) -> object:
    """The metric that a chart shows, or the images."""
    return chart.get("metricKey") or chart.get("imageKeys")


def _section(name: str, section: Section) -> dict[str, Any]:
    flags = {"display": True, "isReordered": True, "deleted": False, "isGenerated": False}
    return {"uuid": name, "name": section.title, **flags, "columns": section.columns, "cardHeight": section.height}
