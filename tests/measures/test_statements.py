"""The numbers behind the figures, on artifacts small enough to count by hand."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.measures.localisation import (
    alignment_at_boundary,
    alignment_at_class_boundary,
    at_boundary,
    extreme_alignments,
    localisation,
    sign_switches,
    spectral_summary,
)


def grid(prediction: list[list[int]], alignment: list[list[float]]) -> xr.Dataset:
    return xr.Dataset(
        {
            "prediction": (("y", "x"), np.array(prediction)),
            "alignment": (("eigen", "y", "x"), np.array([alignment])),
        }
    )


def samples(alignment: np.ndarray, labels: list[int]) -> xr.Dataset:
    eigen, count = alignment.shape
    random = np.zeros((5, count))
    random[:, 0] = 0.2  # ε = 0.2
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "label": ("sample", labels),
            "random_alignment": (("direction", "sample"), random),
        },
        coords={"eigenvalue": ("eigen", np.arange(eigen, 0, -1.0))},
        attrs={
            "rank": eigen,
            "null_space_dimension": 10 - eigen,
            "not_computed": 0,
            "complete": True,
        },
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


def test_the_boundary_of_a_class_is_told_from_the_other_boundaries() -> None:
    # between 0 and 1 at the first two points, between 1 and 2 at the last two
    numbers = alignment_at_class_boundary(grid([[0, 1, 1, 2]], [[0.9, -0.7, 0.2, 0.1]]), 1, 0)
    assert numbers["own_boundary_alignment"] == pytest.approx(0.8)
    assert numbers["other_boundary_alignment"] == pytest.approx(0.15)
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


def test_localisation_by_hand() -> None:
    alignment = np.array([[0.6, 0.6, 0.0], [0.8, -0.8, 1.0], [0.0, 0.0, 0.0]])
    numbers = localisation(samples(alignment, [0, 0, 1]), eigenvectors=1)
    assert numbers["share_in_top"] == pytest.approx(0.72 / 3)
    assert numbers["share_resolved"] == pytest.approx(1)
    spread = 1 / (0.36**2 + 0.64**2)  # of the first two samples; the third has one direction
    assert numbers["participation"] == pytest.approx((2 * spread + 1) / 3)
    # class 0 agrees in the first eigenvector; class 1 has nothing there
    assert numbers["class_coherence"] == pytest.approx(1)
    both = localisation(samples(alignment, [0, 0, 1]), eigenvectors=2)
    assert both["class_coherence"] == pytest.approx((0.6 + 1) / 2)


def test_participation_with_the_rest_of_the_gradient_in_one_direction_or_spread() -> None:
    alignment = np.array([[0.6], [0.0]])  # the rest of the gradient, 0.64, is not resolved
    numbers = localisation(samples(alignment, [0]), eigenvectors=1)
    assert numbers["participation"] == pytest.approx(1)
    assert numbers["participation_low"] == pytest.approx(1 / (0.36**2 + 0.64**2))
    assert numbers["participation_high"] == pytest.approx(1 / 0.36**2)


def test_samples_without_a_direction_are_left_out_of_localisation() -> None:
    known = np.array([[0.6, 0.8], [0.8, -0.6]])
    with_gaps = np.insert(known, [1, 2], np.nan, axis=1)
    expected = localisation(samples(known, [0, 1]), eigenvectors=1)
    assert localisation(samples(with_gaps, [0, 0, 1, 1]), 1) == pytest.approx(expected)
    nothing = localisation(samples(np.full((2, 3), np.nan), [0, 1, 1]), eigenvectors=1)
    assert np.isnan(list(nothing.values())).all()


def test_spectral_summary_leaves_out_what_a_partial_spectrum_cannot_say() -> None:
    whole = samples(np.array([[0.9, 0.0], [0.1, 0.1]]), [0, 1])
    numbers = spectral_summary(whole)
    assert (numbers["lambda_max"], numbers["trace"]) == (2, 3)
    assert numbers["g_theta_max"] == pytest.approx(1 / 10)
    partial = spectral_summary(whole.assign_attrs(complete=False))
    assert partial == {"lambda_max": 2, "rank": 2}


def test_the_largest_alignment_of_each_kind_of_direction() -> None:
    kinds = ["top", "bottom"]
    on_grid = np.zeros((2, 1, 2, 2))
    on_grid[0, 0, 1, 1], on_grid[1, 0, 0, 0] = -0.9, 0.2
    directions = xr.Dataset(
        {
            "alignment": (("kind", "index", "y", "x"), on_grid),
            "sample_alignment": (("kind", "index", "sample"), [[[0.5, -0.7]], [[0.1, 0.0]]]),
        },
        coords={"kind": kinds},
    )
    assert extreme_alignments(directions) == {
        "largest_top_on_grid": 0.9,
        "largest_top_on_samples": 0.7,
        "largest_bottom_on_grid": 0.2,
        "largest_bottom_on_samples": 0.1,
    }
