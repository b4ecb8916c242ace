"""The exact boundary of small networks that are worked out by hand."""

import numpy as np
import pytest
import xarray as xr
from torch import nn

from helpers.boundary_checks import assert_is_the_boundary, counts
from helpers.plane_networks import (
    ABS_X,
    ABS_Y,
    MINUS_X,
    ONE,
    PLUS_X,
    PLUS_Y,
    WINDOW,
    ZERO,
    X,
    Y,
    linear,
    logits,
    on_axes,
)
from hessian_boundary.boundary.exact import exact_boundary


def test_a_linear_classifier_has_one_piece_with_known_ends() -> None:
    boundary = exact_boundary(linear([[1, 0], [0, -2]], [0.0, 1.0]), WINDOW)  # x + 2y = 1
    assert counts(boundary) == (1, 1, 1, 0)
    np.testing.assert_allclose(boundary["start"], [[-1, 1]], atol=1e-14)
    np.testing.assert_allclose(boundary["end"], [[1, 0]], atol=1e-14)
    np.testing.assert_array_equal(boundary["classes"], [[0, 1]])
    assert boundary.attrs["length"] == pytest.approx(5**0.5)
    assert boundary.attrs["window"] == [[-1, 1], [-1, 1]]


# name -> logits, (segments, pieces, parts, closed parts), length, turning
ROOT = 2**0.5
BY_HAND = {
    "y = |x|, with its kink where four regions meet": (
        [Y, ABS_X],
        (2, 2, 1, 0),
        2 * ROOT,
        np.pi / 2,
    ),
    "diamond": ([ABS_X + ABS_Y, ONE / 2], (4, 4, 1, 1), 2 * ROOT, 2 * np.pi),
    # relu(y) is switched half-way along each line
    "two lines": ([ABS_X, ONE / 2], (4, 2, 2, 0), 4, 0),
    "saddle": ([ABS_X, ABS_Y], (4, 4, 1, 0), 4 * ROOT, 0),
    "at the edge of regions": ([PLUS_X - 2 * MINUS_X, ZERO], (2, 1, 1, 0), 2, 0),
    "the higher class at the edge": ([ZERO, PLUS_X - 2 * MINUS_X], (2, 1, 1, 0), 2, 0),
    "touch from below": ([-ABS_X, ZERO], (0, 0, 0, 0), 0, 0),
    "touch from above": ([ABS_X, ZERO], (0, 0, 0, 0), 0, 0),
    "identical where x < 0": ([ZERO, PLUS_X], (2, 1, 1, 0), 2, 0),
    "identical where x < 0, the lower class elsewhere": ([PLUS_X, ZERO], (0, 0, 0, 0), 0, 0),
    "a third class ties on the line": ([ZERO, X + Y, -X - Y], (2, 1, 1, 0), 2 * ROOT, 0),
    "a third class is the first": ([X + Y, -X - Y, X + Y], (2, 1, 1, 0), 2 * ROOT, 0),
    "a third class is the second": ([-X - Y, X + Y, X + Y], (2, 1, 1, 0), 2 * ROOT, 0),
    "a third class ties on the edge of regions": ([ZERO, X, -X], (2, 1, 1, 0), 2, 0),
    "one class everywhere": ([X, 2 * ONE], (0, 0, 0, 0), 0, 0),
    "on the edge of the window": ([X, ONE], (2, 1, 1, 0), 2, 0),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_boundaries_by_hand(name: str) -> None:
    rows, expected, length, turning = BY_HAND[name]
    module = on_axes(rows)
    boundary = exact_boundary(module, WINDOW)
    assert counts(boundary) == expected
    assert boundary.attrs["length"] == pytest.approx(length)
    assert boundary.attrs["turning"] == pytest.approx(turning)
    assert_is_the_boundary(module, boundary)


def test_three_classes_meet_at_a_point() -> None:
    module = linear([[0, 2], [-1, -1], [1, -1]], [0, 0, 0])
    boundary = exact_boundary(module, WINDOW)
    assert counts(boundary) == (3, 3, 1, 0)
    assert boundary.attrs["length"] == pytest.approx(1 + 2 * (10 / 9) ** 0.5)
    at_origin = [np.abs(boundary[end]).max("feature") < 1e-14 for end in ("start", "end")]
    assert (at_origin[0] ^ at_origin[1]).all()
    assert sorted(map(tuple, boundary["classes"].values.tolist())) == [(0, 1), (0, 2), (1, 2)]
    assert_is_the_boundary(module, boundary)


def test_logits_identical_but_for_round_off_have_no_boundary() -> None:
    assert counts(exact_boundary(on_axes([0.3 * X, (0.1 + 0.2) * X]), WINDOW)) == (0, 0, 0, 0)


@pytest.mark.parametrize("bias", [[0, 0], [1, 0], [0, 1]])
def test_where_all_units_are_dead_there_is_no_boundary(bias) -> None:
    module = nn.Sequential(linear(np.eye(2), [-5, -5]), nn.ReLU(), linear([[1, 2], [3, 4]], bias))
    assert counts(exact_boundary(module, WINDOW)) == (0, 0, 0, 0)


def test_logits_that_are_equal_over_an_area_but_for_round_off() -> None:
    """Where x < 0 and y > −x, logits 1 and 2 are the same sum in another order."""
    hidden = [[1.5, 0.0], [1.5, 1.5], [0.0, 1.5], [-0.5, 0.5], [0.5, -0.5]]
    last = [[1, -1, 1, 0, 0.5], [-1.5, -1, 1.5, -1, 0.5], [1.5, -0.5, 0.5, 0.5, -1]]
    module = nn.Sequential(linear(hidden, [0] * 5), nn.ReLU(), linear(last, [0] * 3))
    boundary = exact_boundary(module, WINDOW)
    inside = np.array([[-0.02832928, 0.77897567], [-0.09932127, 0.59264854]])
    _, second, third = logits(module, inside).T
    np.testing.assert_allclose(second, third, rtol=1e-14)
    assert counts(boundary) == (5, 5, 1, 0)


@pytest.mark.parametrize("share", [1.0, 0.1, 1 / 3])
def test_a_unit_whose_terms_cancel_over_an_area_but_for_round_off(share: float) -> None:
    """Where all three units are on (−y/2 < x < y), the next one is zero but for round-off.

    So are the logits there, and where no unit is on; elsewhere class 1 is predicted.
    """
    hidden = [[-1.0, 1.0], [0.0, 0.5], [1.0, 0.5]]
    module = nn.Sequential(
        linear(share * np.array(hidden), [0] * 3),
        nn.ReLU(),
        linear(share * np.array([[0.5, -1.5, 0.5]]), [0]),
        nn.ReLU(),
        linear([[-1.5], [1.5]], [0, 0]),
    )
    boundary = exact_boundary(module, WINDOW)
    inside = np.array([[0.2, 0.7], [-0.13, 0.83]])
    np.testing.assert_allclose(logits(module, inside), 0, atol=1e-15)
    ends = np.concatenate([boundary["start"], boundary["end"]]).round(12) + 0
    assert sorted(map(tuple, ends[np.any(ends != 0, axis=1)])) == [
        (-1, -1),
        (-0.5, 1),
        (0.5, -1),
        (1, 1),
    ]
    assert (boundary["classes"] == [0, 1]).all()


def test_layers_without_a_bias_are_those_with_a_bias_of_zero() -> None:
    with_zeros = on_axes([PLUS_X + 0.5 * PLUS_Y, 0.3 * X + ABS_Y, 0.2 * ABS_X - Y])
    without = nn.Sequential(
        nn.Linear(2, 4, bias=False), nn.ReLU(), nn.Linear(4, 3, bias=False)
    ).double()
    for part in (0, 2):
        without[part].weight.data = with_zeros[part].weight.data
    boundary = exact_boundary(without, WINDOW)
    assert boundary.attrs["segments"] > 2
    xr.testing.assert_identical(boundary, exact_boundary(with_zeros, WINDOW))
    assert_is_the_boundary(without, boundary)
