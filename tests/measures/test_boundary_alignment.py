"""Alignment at the boundary and sign switches, on grids small enough to count by hand."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.measures.boundary_alignment import (
    alignment_at_boundary,
    alignment_at_class_boundary,
    at_boundary,
    sign_switches,
)


def grid(prediction: list[list[int]], alignment: list[list[float]]) -> xr.Dataset:
    return xr.Dataset(
        {
            "prediction": (("y", "x"), np.array(prediction)),
            "alignment": (("eigen", "y", "x"), np.array([alignment])),
        }
    )


def test_points_at_the_boundary_have_a_neighbour_of_another_class() -> None:
    prediction = xr.DataArray([[0, 0, 1], [0, 0, 0], [0, 0, 0], [2, 0, 0]], dims=("y", "x"))
    expected = [[0, 1, 1], [0, 0, 1], [1, 0, 0], [1, 1, 0]]
    np.testing.assert_array_equal(at_boundary(prediction), np.array(expected, dtype=bool))
    line = xr.DataArray([0, 0, 1, 1], dims="x")
    np.testing.assert_array_equal(at_boundary(line), [False, True, True, False])


def test_alignment_at_the_boundary_is_told_from_the_rest() -> None:
    numbers = alignment_at_boundary(grid([[0, 0, 1, 1]], [[0.1, -0.9, 0.7, np.nan]]), 1)
    assert numbers["boundary_share"] == 0.5
    assert numbers["alignment_at_boundary"] == pytest.approx(0.8)
    assert numbers["alignment_elsewhere"] == pytest.approx(0.1)
    assert numbers["strong_at_boundary"] == 1
    assert numbers["share_without_direction"] == 0.25
    nothing = alignment_at_boundary(grid([[0, 0]], [[1.0, 1.0]]), 1)
    assert nothing == {"boundary_share": 0}


def test_strong_is_more_than_one_half() -> None:
    numbers = alignment_at_boundary(grid([[0, 0, 1, 1]], [[0.5, 0.5, -0.51, 0.51]]), 1)
    assert numbers["strong_at_boundary"] == 0.5
    assert numbers["strong_elsewhere"] == 0.5


def test_the_boundary_of_a_class_is_told_from_the_other_boundaries() -> None:
    # between 0 and 1 at the first two points, between 1 and 2 at the last two
    numbers = alignment_at_class_boundary(grid([[0, 1, 1, 2]], [[0.9, -0.7, 0.2, 0.1]]), 1, 0)
    assert numbers["own_boundary_alignment"] == pytest.approx(0.8)
    assert numbers["other_boundary_alignment"] == pytest.approx(0.15)
    weaker = grid([[0, 1, 1, 2]], [[0.1] * 4])
    both = np.concatenate([weaker["alignment"].values, np.full((1, 1, 4), -0.6)])
    strongest = weaker.assign(alignment=(("eigen", "y", "x"), both))
    chosen = alignment_at_class_boundary(strongest, 2, 0)
    assert chosen == {"own_boundary_alignment": 0.6, "other_boundary_alignment": 0.6}
    alone = alignment_at_class_boundary(grid([[0, 1]], [[0.9, 0.9]]), 1, 0)
    assert np.isnan(alone["other_boundary_alignment"])


def test_a_sign_switch_needs_strong_alignment_on_both_sides_of_the_boundary() -> None:
    prediction = [[0, 1, 0, 1, 1, 1]]
    #   crossing 1 switches, 2 is too weak, 3 keeps its sign; the last switch is at no crossing
    alignment = [[-0.9, 0.8, 0.1, 0.1, -0.7, 0.7]]
    numbers = sign_switches(grid(prediction, alignment), 1)
    assert list(numbers.values()) == [3, 1, 1.0]
    same_sign = sign_switches(grid([[0, 1]], [[0.9, 0.8]]), 1)
    assert list(same_sign.values()) == [1, 1, 0.0]
