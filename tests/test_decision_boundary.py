"""The exact boundary: by hand for small networks, else against the network's own predictions."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from pipeline.decision_boundary import (
    distance_to_boundary,
    exact_boundary,
    untraced_boundary,
)
from pipeline.linear_regions import is_piecewise_linear, why_not_traceable
from pipeline.reparametrisation import rescale_layers

WINDOW = ((-1.0, 1.0), (-1.0, 1.0))
# logits that hand-made networks combine from relu(x), relu(−x), relu(y), relu(−y) and a bias
PLUS_X, MINUS_X, PLUS_Y, MINUS_Y, ONE = np.eye(5)
X, Y, ABS_X, ABS_Y = PLUS_X - MINUS_X, PLUS_Y - MINUS_Y, PLUS_X + MINUS_X, PLUS_Y + MINUS_Y
ZERO = 0 * ONE


def linear(weight, bias) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight)).double()
    layer.weight.data = torch.tensor(np.array(weight, dtype=float))
    layer.bias.data = torch.tensor(np.array(bias, dtype=float))
    return layer


def on_axes(rows: list[np.ndarray]) -> nn.Sequential:
    weight, bias = np.split(np.array(rows), [4], axis=1)
    axes = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    return nn.Sequential(linear(axes, [0] * 4), nn.ReLU(), linear(weight, bias[:, 0]))


def random_network(hidden: list[int], classes: int, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    parts: list[nn.Module] = []
    for width, units in zip([2, *hidden], hidden, strict=False):
        parts += [nn.Linear(width, units), nn.ReLU()]
    module = nn.Sequential(*parts, nn.Linear(hidden[-1], classes)).double()
    for parameter in module.parameters():
        parameter.data.mul_(3 * torch.rand_like(parameter))
    inputs = 2 * torch.rand(1000, 2, dtype=torch.float64) - 1
    module[-1].bias.data -= module(inputs).detach().mean(0)  # every class is predicted somewhere
    return module


def logits(module: nn.Module, points: np.ndarray) -> np.ndarray:
    return module(torch.from_numpy(points)).detach().numpy()


def grid_crossings(module: nn.Module, resolution: int = 300) -> np.ndarray:
    """Where the predicted class changes along the lines of a grid, found by bisection."""
    # shifted a little, so that no line of the grid is one of a hand-made network
    axis = np.linspace(-1, 1, resolution) * 0.999 + 1e-4
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    predicted = logits(module, grid.reshape(-1, 2)).argmax(1).reshape(grid.shape[:2])
    changes = [np.diff(predicted, axis=axis) != 0 for axis in (0, 1)]
    low = np.concatenate([grid[:-1][changes[0]], grid[:, :-1][changes[1]]])
    high = np.concatenate([grid[1:][changes[0]], grid[:, 1:][changes[1]]])
    before = logits(module, low).argmax(1)
    for _ in range(55):
        middle = (low + high) / 2
        same = (logits(module, middle).argmax(1) == before)[:, None]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


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


def test_distances_against_densely_sampled_pieces() -> None:
    module = random_network([12, 10], 2, 1)
    boundary = exact_boundary(module, WINDOW)
    share = np.linspace(0, 1, 2001)[:, None, None]
    sampled = boundary["start"].values * (1 - share) + boundary["end"].values * share
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (50, 2))
    found = distance_to_boundary(points, boundary)
    brute = np.array([np.hypot(*(sampled - point).reshape(-1, 2).T).min() for point in points])
    spacing = np.hypot(*(boundary["end"] - boundary["start"]).values.T).max() / 2000
    assert (found["distance"] <= brute + 1e-14).all()
    assert (found["distance"] >= brute - spacing / 2).all()
    nearest = found["nearest"].values
    np.testing.assert_allclose(np.hypot(*(points - nearest).T), found["distance"], rtol=1e-14)
    assert np.abs(np.diff(logits(module, nearest), axis=1)).max() < 1e-12


def test_distances_by_hand_and_which_are_certain() -> None:
    boundary = exact_boundary(on_axes([X, ZERO]), WINDOW)
    found = distance_to_boundary(np.array([[0.25, 0.5], [-0.75, 0], [2, 3]]), boundary)
    np.testing.assert_allclose(found["distance"], [0.25, 0.75, 8**0.5], rtol=1e-14)
    np.testing.assert_allclose(found["nearest"], [[0, 0.5], [0, 0], [0, 1]], atol=1e-14)
    np.testing.assert_allclose(found["window_distance"], [0.5, 0.25, -2], rtol=1e-14)


def test_without_a_boundary_distances_are_infinite() -> None:
    boundary = exact_boundary(on_axes([X, 2 * ONE]), WINDOW)
    found = distance_to_boundary(np.zeros((3, 2)), boundary)
    assert boundary.sizes["piece"] == 0
    assert np.isinf(found["distance"]).all()
    assert np.isnan(found["nearest"]).all()


def test_which_networks_are_piecewise_linear() -> None:
    nested = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Identity())
    assert is_piecewise_linear(nested)
    assert is_piecewise_linear(nn.Linear(2, 3))
    assert not is_piecewise_linear(nn.Sequential(nested, nn.Tanh()))
    assert not is_piecewise_linear(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.Sigmoid()), "expected only Linear, ReLU.*Sigmoid"),
        (nn.Linear(3, 2), "expected a network of two input features.*found 3"),
        (nn.Linear(2, 1), "expected .* one logit per class, found 2 features and 1"),
        (linear([[1, 2], [np.nan, 4]], [0, 0]), "expected finite parameters, found NaN"),
    ],
)
def test_networks_that_do_not_qualify_are_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exact_boundary(module, WINDOW)


@pytest.mark.parametrize("window", [((0, 1),), ((0, 1), (1, 1)), ((0, 1), (0, np.nan))])
def test_windows_that_are_no_rectangle_are_refused(window) -> None:
    with pytest.raises(ValueError, match=r"expected a window \(\(x0, x1\), \(y0, y1\)\)"):
        exact_boundary(nn.Linear(2, 2), window)


def test_networks_without_an_exact_boundary_have_one_without_pieces() -> None:
    smooth = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2))
    assert "in sequence, found Linear, Sigmoid, Linear; the boundary" in why_not_traceable(smooth)
    diverged = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    assert why_not_traceable(diverged) == ""
    diverged[0].weight.data[0, 0] = np.nan
    assert why_not_traceable(diverged).startswith("expected finite parameters, found NaN")
    boundary = untraced_boundary(((0, 1), (0, 1)), "why")
    assert boundary.attrs == {"window": [[0, 1], [0, 1]], "untraced": "why"}
    traced = exact_boundary(nn.Sequential(nn.Linear(2, 2)), ((0, 1), (0, 1)))
    assert boundary.sizes.keys() == traced.sizes.keys()
    assert boundary.sizes["piece"] == 0
    assert np.isinf(distance_to_boundary(np.zeros((3, 2)), boundary)["distance"]).all()
