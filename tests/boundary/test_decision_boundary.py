"""The exact boundary: by hand for small networks, else against the network's own predictions."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from helpers.plane_networks import (
    ABS_X,
    ABS_Y,
    MINUS_X,
    ONE,
    PLUS_X,
    WINDOW,
    ZERO,
    X,
    Y,
    grid_crossings,
    linear,
    logits,
    on_axes,
    random_network,
)
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary
from hessian_boundary.networks.rescaling import rescale_layers


def assert_is_the_boundary(module: nn.Module, boundary: xr.Dataset) -> None:
    crossings = grid_crossings(module)
    distance = distance_to_boundary(crossings, boundary)["distance"].values
    assert (distance < 1e-12).all(), "no change of the predicted class is missed"
    step = (boundary["end"] - boundary["start"]).values
    length = np.hypot(*step.T)
    left = np.stack([-step[:, 1], step[:, 0]], axis=1) / length[:, None]
    for share in (0.1, 0.37, 0.8):
        points = boundary["start"].values + share * step
        highest = np.sort(logits(module, points), axis=1)[:, -2:]
        np.testing.assert_allclose(highest[:, 0], highest[:, 1], atol=1e-12)
        for side, sign in (("left", 1), ("right", -1)):
            predicted = logits(module, points + sign * 1e-7 * left).argmax(1)
            expected = boundary["classes"].sel(side=side).values
            np.testing.assert_array_equal(predicted[length > 1e-5], expected[length > 1e-5])


def counts(boundary: xr.Dataset) -> tuple[int, ...]:
    return tuple(boundary.attrs[name] for name in ("segments", "pieces", "parts", "closed_parts"))


def assert_same_shape(boundary: xr.Dataset, other: xr.Dataset) -> None:
    assert counts(boundary) == counts(other)
    assert boundary.attrs["pieces"] > 1
    for name in ("length", "turning"):
        assert boundary.attrs[name] == pytest.approx(other.attrs[name], rel=1e-9)


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


def test_dead_units_change_nothing() -> None:
    module = random_network([12, 10], 2, 1)
    with torch.no_grad():
        module[0].bias[3] = module[2].bias[4] = -100
    (w1, b1), (w2, b2), (w3, b3) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in module[::2]
    )
    w2 = np.delete(np.delete(w2, 3, axis=1), 4, axis=0)
    without = nn.Sequential(
        linear(np.delete(w1, 3, axis=0), np.delete(b1, 3)),
        nn.ReLU(),
        linear(w2, np.delete(b2, 4)),
        nn.ReLU(),
        linear(np.delete(w3, 4, axis=1), b3),
    )
    assert_same_shape(exact_boundary(module, WINDOW), exact_boundary(without, WINDOW))


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


# hidden units, classes, seed; all segments are longer than the grid's spacing
RANDOM = [([8], 2, 3), ([10], 4, 2), ([6, 6], 3, 3), ([12, 10], 2, 1), ([5, 5, 5], 3, 0)]


@pytest.mark.parametrize(("hidden", "classes", "seed"), RANDOM)
def test_random_networks_against_their_predictions(hidden, classes, seed) -> None:
    module = random_network(hidden, classes, seed)
    boundary = exact_boundary(module, WINDOW)
    assert boundary.attrs["pieces"] > 1
    assert_is_the_boundary(module, boundary)


@pytest.mark.parametrize(("hidden", "classes", "seed"), RANDOM)
def test_one_segment_per_region_that_the_boundary_crosses(hidden, classes, seed) -> None:
    module = random_network(hidden, classes, seed)
    crossings = torch.from_numpy(grid_crossings(module, resolution=1000))
    patterns, values = [], crossings
    for part in module:
        values = part(values)
        if isinstance(part, nn.ReLU):
            patterns.append(values > 0)
    pair = values.topk(2).indices.sort().values
    met = torch.cat([*patterns, pair], dim=1).unique(dim=0)
    assert exact_boundary(module, WINDOW).attrs["segments"] == len(met)


@pytest.mark.parametrize("place", ["leading", "final", "twice"])
def test_relu_before_the_first_layer_and_after_the_last(place) -> None:
    network = random_network([6, 6], 3, 3)
    module = {
        "leading": nn.Sequential(nn.ReLU(), network),
        "final": nn.Sequential(network, nn.ReLU()),
        "twice": nn.Sequential(*network[:2], nn.ReLU(), *network[2:]),
    }[place]
    boundary = exact_boundary(module, WINDOW)
    assert boundary.attrs["pieces"] > 1
    assert_is_the_boundary(module, boundary)


def test_nested_and_composed_layers() -> None:
    network = random_network([6], 3, 1)
    double = linear([[2, 0], [0, 2]], [0.1, 0])
    halve = linear([[0.5, 0], [0, 0.5]], [-0.05, 0])
    module = nn.Sequential(nn.Flatten(), nn.Sequential(double, nn.Identity(), halve), network)
    assert_same_shape(exact_boundary(module, WINDOW), exact_boundary(network, WINDOW))


def test_rescaled_layers_have_the_same_boundary() -> None:
    module = random_network([12, 10], 2, 1)
    before = exact_boundary(module, WINDOW)
    rescale_layers(module, [30, 0.01, 2])
    assert_same_shape(exact_boundary(module, WINDOW), before)


def test_a_window_far_from_the_origin() -> None:
    network = random_network([6, 6], 3, 3)
    shifted = nn.Sequential(linear(np.eye(2), [-1000, 500]), network)
    boundary = exact_boundary(shifted, ((999, 1001), (-501, -499)))
    assert_same_shape(boundary, exact_boundary(network, WINDOW))
