"""Alignment on grids: orientation point by point, any directions, and the grid's window."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from helpers.spectra_and_gradients import dense_spectrum, whole_gradients
from hessian_boundary.alignment.grids import align_directions, align_grid
from hessian_boundary.artifacts.schema import check
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def test_grid_rows_are_y_and_columns_are_x(plane):
    module, x, y, spectrum = plane
    window = ((-1.0, 1.0), (2.0, 5.0))
    grid = align_grid(Problem(module, x, y, cross_entropy_per_sample), window, 4, spectrum, 3)
    check(grid, "alignment_grid")
    assert grid["alignment"].dims == ("eigen", "y", "x")
    np.testing.assert_allclose(grid["x"], [-1, -1 / 3, 1 / 3, 1])
    np.testing.assert_allclose(grid["y"], [2, 3, 4, 5])
    for y in range(4):
        for x in range(4):
            at = {"x": x, "y": y}
            point = torch.tensor([[float(grid["x"][x]), float(grid["y"][y])]], dtype=torch.float64)
            gradient = whole_gradients(module, point)[0]
            norm = np.linalg.norm(gradient)
            products = spectrum["eigenvectors"].values[:3] @ gradient
            here = grid.isel(at)
            np.testing.assert_allclose(here["alignment"], products / norm, rtol=0, atol=1e-12)
            np.testing.assert_allclose(here["scalar_product"], products, rtol=0, atol=1e-12)
            np.testing.assert_allclose(here["gradient_norm"], norm, rtol=1e-10)
            np.testing.assert_allclose(here["gradient"], gradient / norm, rtol=0, atol=1e-12)
            logits = module(point).detach()[0]
            np.testing.assert_allclose(here["logits"], logits, rtol=1e-11)
            assert int(here["prediction"]) == int(logits.argmax())


def test_any_directions_are_aligned_by_kind_and_index_on_grid_and_samples(plane):
    module, x, y, spectrum = plane
    values = np.random.RandomState(0).standard_normal((2, 3, spectrum.sizes["parameter"]))
    directions = xr.DataArray(
        values,
        dims=("kind", "index", "parameter"),
        coords={"kind": ["one", "two"], "index": [0, 1, 2]},
    )
    window = ((-1.0, 1.0), (2.0, 5.0))
    found = align_directions(Problem(module, x, y, cross_entropy_per_sample), window, 4, directions)
    unit = values / np.linalg.norm(values, axis=-1, keepdims=True)
    gradients = whole_gradients(module, x)
    gradients /= np.linalg.norm(gradients, axis=1, keepdims=True)
    expected = np.einsum("kip,sp->kis", unit, gradients)
    np.testing.assert_allclose(found["sample_alignment"], expected, rtol=0, atol=1e-12)
    assert found["alignment"].dims == ("kind", "index", "y", "x")
    point = torch.tensor([[-1 / 3, 5.0]], dtype=torch.float64)  # second column, last row
    gradient = whole_gradients(module, point)[0]
    here = found.isel(x=1, y=3)
    np.testing.assert_allclose(
        here["alignment"], unit @ gradient / np.linalg.norm(gradient), rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(here["logits"], module(point).detach()[0], rtol=1e-11)


def test_grid_of_one_feature_is_a_line():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    x = torch.randn(30, 1, dtype=torch.float64)
    y = torch.randint(2, (30,))
    spectrum = dense_spectrum(module, x, y)
    line = align_grid(
        Problem(module, x, y, cross_entropy_per_sample), ((-2.0, 2.0),), 9, spectrum, 2
    )
    check(line, "alignment_grid")
    assert line["alignment"].dims == ("eigen", "x")
    points = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    gradients = whole_gradients(module, points)
    cosine = spectrum["eigenvectors"].values[:2] @ gradients.T / np.linalg.norm(gradients, axis=1)
    np.testing.assert_allclose(line["alignment"], cosine, rtol=0, atol=1e-12)


def test_grid_keeps_whole_gradients_of_small_networks_only():
    torch.manual_seed(1)
    for hidden, kept in ((166, True), (167, False)):  # 6 · hidden + 3 = 999 or 1005 parameters
        module = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 3)).double()
        x = torch.randn(5, 2, dtype=torch.float64)
        problem = Problem(module, x, torch.arange(5) % 3, cross_entropy_per_sample)
        spectrum = compute_spectrum(problem, CurvatureOptions(method="range"))
        window = ((0.0, 1.0), (0.0, 1.0))
        grid = align_grid(problem, window, 2, spectrum, 2)
        assert ("gradient" in grid) == kept


def test_grid_of_three_features_is_refused(plane):
    module, x, y, spectrum = plane
    with pytest.raises(ValueError, match=r"expected inputs with one or two features .* found 3"):
        align_grid(Problem(module, x, y, cross_entropy_per_sample), ((0, 1),) * 3, 4, spectrum, 2)


def test_grid_window_is_the_range_of_each_feature_widened_on_both_sides():
    x = np.array([[0.0, 10.0], [2.0, 20.0], [1.0, 15.0]], dtype=np.float32)
    np.testing.assert_allclose(grid_window(x, 0.25), [(-0.5, 2.5), (7.5, 22.5)])


def test_grid_window_is_of_vectors_and_not_of_images():
    with pytest.raises(ValueError, match=r"expected inputs .* found shape \(3, 1, 2, 2\); maps"):
        grid_window(np.zeros((3, 1, 2, 2)), 0.25)
