"""Does each pixel start where it stands, and is the picture counted right?"""

import hills
import numpy as np
import pytest
from tolerances import ROUNDING

from nnexp.optima.between.basins import NONE, Field, basins, coordinates, image, plane
from nnexp.optima.between.downhill import downhill


def field():
    base, directions = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]])
    return Field(base, directions, ((0.0, 3.0), (-1.0, 1.0)), (3, 2), ("x", "y"))


def test_pixels_go_row_by_row_from_the_top_left():
    places = [[0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [0.5, -0.5], [1.5, -0.5], [2.5, -0.5]]
    assert field().places().tolist() == places
    assert field().theta().tolist() == [[1.0 + x, 2.0, 3.0 + 2.0 * y] for x, y in places]


def test_blocks_are_the_whole():
    made = field()
    parts = list(made.blocks(4))
    assert [len(made.theta(part)) for part in parts] == [4, 2]
    assert np.array_equal(np.concatenate([made.theta(part) for part in parts]), made.theta())


def test_two_coordinates_vary_and_the_others_stay():
    base = np.arange(1.0, 6.0)
    made = coordinates(base, 3, 1, (-2.0, 2.0), 5)
    theta = made.theta()
    assert theta[:, [3, 1]] == pytest.approx(made.places(), abs=ROUNDING)
    assert (theta[:, [0, 2, 4]] == base[[0, 2, 4]]).all()
    assert theta[12, [3, 1]] == pytest.approx([0.0, 0.0], abs=ROUNDING)
    assert base.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_middle_of_a_plane_is_its_base():
    base, first, second = np.random.default_rng(0).normal(size=(3, 7))
    made = plane(base, first, second, 2.0, 11)
    assert made.theta()[60] == pytest.approx(base, abs=ROUNDING)
    assert made.theta()[0] == pytest.approx(base - 20.0 / 11.0 * first + 20.0 / 11.0 * second, abs=ROUNDING)


def test_shares_and_borders_counted_by_hand():
    found = basins(field(), np.array([4, 4, 7, 4, 4, -3]))
    assert found.number.tolist() == [[4, 4, 7], [4, 4, NONE]]
    assert found.optima.tolist() == [4, 7, NONE]
    assert found.share.tolist() == [4 / 6, 1 / 6, 1 / 6]
    assert found.border == 4 / 6


def test_one_basin_has_no_border():
    assert basins(field(), np.full(6, 2)).border == 0.0


def test_a_number_for_each_pixel_is_needed():
    with pytest.raises(ValueError, match="6 pixels"):
        basins(field(), np.zeros(5, dtype=int))


def test_the_basins_of_two_wells_meet_at_the_ridge():
    made = coordinates(np.zeros(2), 0, 1, (-2.0, 2.0), 16)
    down = downhill(hills.wells(), made.theta())
    found = basins(made, np.where(down.at_rest, (down.theta[:, 0] > 0.0).astype(int), NONE))
    assert found.share.tolist() == [0.5, 0.5]
    assert (found.number[:, :8] == 0).all()
    assert (found.number[:, 8:] == 1).all()
    assert found.border == 2 / 16


def test_colors_stand_where_the_numbers_do():
    made = image(np.array([[0, 5], [NONE, 9]]), {0: (1, 2, 3), 5: (4, 5, 6)}, (7, 8, 9))
    assert made.tolist() == [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [7, 8, 9]]]
    assert made.dtype == np.uint8
