"""Maps finer than their grid: linear within a class, with the jump between classes kept."""

import numpy as np

from hessian_boundary.figures.upsampling import FACTOR, finer_map

AXIS = np.linspace(-1, 1, 20)
FINE = np.linspace(-1, 1, 20 * FACTOR)
LOGITS = np.stack([np.zeros((20, 20)), np.broadcast_to(AXIS - 0.1, (20, 20))])  # of x = 0.1


def test_a_linear_map_that_flips_at_the_boundary_is_drawn_exactly_away_from_it() -> None:
    x, y = np.meshgrid(AXIS, AXIS)
    found = finer_map(np.where(x > 0.1, 1, -1) * (0.5 + 0.3 * y), LOGITS)
    fine_x, fine_y = np.meshgrid(FINE, FINE)
    np.testing.assert_allclose(found, np.where(fine_x > 0.1, 1, -1) * (0.5 + 0.3 * fine_y))


def test_no_value_between_the_two_sides_of_a_boundary_is_made_up() -> None:
    values = np.where(np.broadcast_to(AXIS, (20, 20)) > 0.1, 1.0, -1.0)
    np.testing.assert_allclose(np.abs(finer_map(values, LOGITS)), 1)


def test_what_is_not_known_stays_so() -> None:
    values = np.ones((20, 20))
    values[:, :5] = np.nan
    found = finer_map(values, LOGITS)
    assert np.isnan(found[:, : 5 * FACTOR - FACTOR]).all()
    np.testing.assert_allclose(found[:, 5 * FACTOR :], 1)
    assert np.isnan(finer_map(np.full((20, 20), np.nan), LOGITS)).all()
