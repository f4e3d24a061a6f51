"""Are heights between optima, superbasins and lakes those that plain search through all ways finds?"""

import numpy as np
import pytest

from nnexp.optima.between.landscape import Landscape, Superbasin, Ways, disconnectivity, highest, lakes, spanning_tree

INF = np.inf


def worked():
    """Four optima: 0 and 1 meet at 2, 2 and 3 at 3, both lakes at 5; two higher ways change nothing."""
    heights = np.array([0.0, 1.0, 0.5, 2.5])
    ends = np.array([[0, 1], [0, 1], [1, 2], [2, 3], [0, 3]])
    return heights, ends, np.array([7.0, 2.0, 5.0, 3.0, 6.0])


def drawn(seed, count, ways):
    """A graph at random, of heights of either sign, some of them 0, with doubled ways and perhaps in pieces."""
    rng = np.random.default_rng(seed)
    heights = rng.integers(-9, 0, size=count).astype(float)
    ends = np.array([rng.choice(count, 2, replace=False) for _ in range(ways)])
    return heights, ends, np.maximum(heights[ends].max(axis=1), rng.integers(-5, 4, size=ways))


def slow_highest(heights, ends, J):
    """The least height over all ways, by trying every optimum in between."""
    count = len(heights)
    least = [[heights[i] if i == j else INF for j in range(count)] for i in range(count)]
    for (i, j), level in zip(ends.tolist(), J.tolist(), strict=True):
        least[i][j] = least[j][i] = min(least[i][j], level)
    for between in range(count):
        for i in range(count):
            for j in range(count):
                if i != j:
                    least[i][j] = min(least[i][j], max(least[i][between], least[between][j]))
    return np.array(least)


def slow_lakes(heights, ends, J, level):
    """Which optima can be reached from each below a level, by walking."""
    found = {}
    for start in range(len(heights)):
        reached, new = {start}, [start]
        while new:
            here = new.pop()
            for (i, j), height in zip(ends.tolist(), J.tolist(), strict=True):
                there = j if i == here else i if j == here else here
                if height <= level and there not in reached:
                    reached.add(there)
                    new.append(there)
        found[start] = frozenset(reached) if heights[start] <= level else None
    return found


GRAPHS = [worked(), *(drawn(seed, 7, ways) for seed, ways in enumerate((3, 5, 11, 17)))]


def test_the_worked_graph():
    heights, ends, J = worked()
    assert spanning_tree(4, ends, J).tolist() == [1, 3, 2]
    assert highest(heights, ends, J).tolist() == [[0, 2, 5, 5], [2, 1, 5, 5], [5, 5, 0.5, 3], [5, 5, 3, 2.5]]
    assert disconnectivity(4, ends, J) == (
        Superbasin(2.0, (0, 1), (0, 1)),
        Superbasin(3.0, (2, 3), (2, 3)),
        Superbasin(5.0, (4, 5), (0, 1, 2, 3)),
    )
    assert lakes(heights, ends, J, 2.0).tolist() == [0, 0, 1, -1]
    assert lakes(heights, ends, J, 3.0).tolist() == [0, 0, 1, 1]
    assert lakes(heights, ends, J, 5.0).tolist() == [0, 0, 0, 0]
    assert lakes(heights, ends, J, -1.0).tolist() == [-1, -1, -1, -1]


def test_a_way_of_height_0_and_one_below_are_ways():
    ends, J = np.array([[0, 1], [1, 2]]), np.array([0.0, -3.0])
    assert spanning_tree(3, ends, J).tolist() == [1, 0]
    assert highest(np.full(3, -5.0), ends, J)[0, 2] == 0.0


def test_parts_that_merge_at_one_height_merge_at_once():
    tree = disconnectivity(4, np.array([[0, 1], [1, 2], [2, 3]]), np.array([1.0, 1.0 + 1e-12, 2.0]))
    assert [(basin.parts, basin.optima) for basin in tree] == [((0, 1, 2), (0, 1, 2)), ((3, 4), (0, 1, 2, 3))]
    apart = disconnectivity(4, np.array([[0, 1], [2, 3]]), np.array([1.0, 1.0]))
    assert [basin.parts for basin in apart] == [(0, 1), (2, 3)]


@pytest.mark.parametrize("graph", GRAPHS)
def test_heights_are_those_of_the_best_of_all_ways(graph):
    found = highest(*graph)
    assert np.array_equal(found, slow_highest(*graph))
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("graph", GRAPHS)
def test_heights_are_ultrametric(graph):
    found = highest(*graph)
    assert (found[:, None, :] <= np.maximum(found[:, :, None], found[None, :, :])).all()


@pytest.mark.parametrize("graph", GRAPHS)
def test_superbasins_are_the_lakes_at_their_level(graph):
    heights, ends, J = graph
    for basin in disconnectivity(len(heights), ends, J):
        walked = slow_lakes(heights, ends, J, basin.J)
        assert walked[basin.optima[0]] == frozenset(basin.optima)


@pytest.mark.parametrize("graph", GRAPHS)
def test_lakes_are_what_can_be_walked(graph):
    heights, ends, J = graph
    for level in np.arange(-9.5, 8.0):
        found, walked = lakes(heights, ends, J, level), slow_lakes(heights, ends, J, level)
        for i in range(len(heights)):
            same = frozenset(np.flatnonzero(found == found[i]).tolist())
            assert (found[i] == -1) if walked[i] is None else (same == walked[i])


def test_the_order_of_ways_does_not_matter():
    heights, ends, J = GRAPHS[3]
    order = np.random.default_rng(0).permutation(len(J))
    assert np.array_equal(highest(heights, ends[order][:, ::-1], J[order]), highest(heights, ends, J))


def landscape(heights, ends, J):
    count, ways = len(heights), len(J)
    marks = np.ones(ways, dtype=bool)
    joined = Ways(np.sort(ends, axis=1), J, np.zeros((ways, 2)), marks, marks)
    return Landscape(
        np.zeros((count, 2)), heights, np.ones(count, bool), np.arange(count), np.zeros(count, bool), joined, 3
    )


def test_depth_is_what_leads_to_a_lower_optimum():
    assert landscape(*worked()).depth().tolist() == [INF, 1.0, 4.5, 0.5]
    assert landscape(np.array([0.0, 1.0]), np.empty((0, 2), int), np.empty(0)).depth().tolist() == [INF, INF]


def test_without_ways_all_are_apart():
    heights, ends, J = np.array([0.0, 1.0]), np.empty((0, 2), int), np.empty(0)
    assert highest(heights, ends, J).tolist() == [[0.0, INF], [INF, 1.0]]
    assert disconnectivity(2, ends, J) == ()
    assert lakes(heights, ends, J, 3.0).tolist() == [0, 1]
