"""The exact boundary: against the predictions of random networks, and alike for equal functions."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from helpers.boundary_checks import assert_is_the_boundary, counts
from helpers.plane_networks import WINDOW, grid_crossings, linear, random_network
from hessian_boundary.boundary.exact import exact_boundary
from hessian_boundary.networks.rescaling import rescale_layers


def assert_same_shape(boundary: xr.Dataset, other: xr.Dataset) -> None:
    assert counts(boundary) == counts(other)
    assert boundary.attrs["pieces"] > 1
    for name in ("length", "turning"):
        assert boundary.attrs[name] == pytest.approx(other.attrs[name], rel=1e-9)


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


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("seed", range(10))
def test_single_precision_has_the_boundary_of_its_parameters(dtype, seed) -> None:
    network = random_network([6, 6], 3, 3)
    torch.manual_seed(seed)
    for parameter in network.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    rounded = network.to(dtype)
    boundary = exact_boundary(rounded, WINDOW)
    assert rounded[0].weight.dtype == dtype  # the network itself stays as it was
    assert_same_shape(boundary, exact_boundary(rounded.double(), WINDOW))


def test_a_window_far_from_the_origin() -> None:
    network = random_network([6, 6], 3, 3)
    shifted = nn.Sequential(linear(np.eye(2), [-1000, 500]), network)
    boundary = exact_boundary(shifted, ((999, 1001), (-501, -499)))
    assert_same_shape(boundary, exact_boundary(network, WINDOW))
