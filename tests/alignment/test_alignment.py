"""Alignment artifacts: orientation of the grid point by point, identities between variables."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from hessian_boundary.alignment.grids import align_directions, align_grid
from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.schema import check
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.networks.losses import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

OPTIONS = CurvatureOptions(method="dense")


def _spectrum(module, x, y):
    return compute_spectrum(Problem(module, x, y, cross_entropy_per_sample), OPTIONS)


def _gradients(module, x):
    """Whole gradients (n, p) of the predicted label, by one backward pass per sample."""
    rows = []
    for sample in x:
        logits = module(sample[None])
        loss = cross_entropy_per_sample(logits, logits.argmax(1))[0]
        parts = torch.autograd.grad(loss, list(module.parameters()))
        rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows).numpy()


@pytest.fixture(scope="module")
def plane():
    """A network on two features, with its spectrum."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    x = torch.randn(150, 2, dtype=torch.float64)
    y = torch.randint(3, (150,))
    return module, x, y, _spectrum(module, x, y)


def test_sample_variables_follow_from_whole_gradients(plane):
    module, x, y, spectrum = plane
    found = align_samples(Problem(module, x, y, cross_entropy_per_sample), spectrum)
    check(found, "alignment_samples")
    gradients = _gradients(module, x)
    vectors = spectrum["eigenvectors"].values
    norms = np.linalg.norm(gradients, axis=1)
    products = vectors @ gradients.T
    np.testing.assert_allclose(found["scalar_product"], products, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["alignment"], products / norms, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["gradient_norm"], norms, rtol=1e-11)
    cosines = random_directions(gradients.shape[1]) @ gradients.T / norms
    np.testing.assert_allclose(found["random_alignment"], cosines, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found["label"], y)
    logits = module(x).detach()
    np.testing.assert_array_equal(found["prediction"], logits.argmax(1))
    np.testing.assert_allclose(found["logits"], logits.T, rtol=1e-12)
    np.testing.assert_array_equal(found["eigenvalue"], spectrum["eigenvalues"])
    for name in ("method", "rank", "null_space_dimension", "certificate"):
        assert found.attrs[name] == spectrum.attrs[name]


def test_resolved_share_is_the_squared_length_in_the_resolved_eigenspace(plane):
    module, x, y, spectrum = plane
    cut = spectrum.isel(eigen=slice(4))
    found = align_samples(Problem(module, x, y, cross_entropy_per_sample), cut)
    gradients = _gradients(module, x)
    basis = cut["eigenvectors"].values
    inside = gradients @ basis.T @ basis
    share = (inside**2).sum(1) / (gradients**2).sum(1)
    np.testing.assert_allclose(found["resolved_share"], share, rtol=1e-10)
    assert 0.01 < float(found["resolved_share"].min()) < 0.99


def test_samples_without_direction_have_no_share(plane):
    module, x, y, spectrum = plane
    last = module[-1]
    saturated = nn.Sequential(module[0], module[1], nn.Linear(8, 3).double())
    with torch.no_grad():
        saturated[-1].weight.copy_(last.weight)
        saturated[-1].bias.copy_(torch.tensor([5000.0, 0.0, 0.0]))
    found = align_samples(Problem(saturated, x, y, cross_entropy_per_sample), spectrum)
    assert bool(found["resolved_share"].isnull().all())
    assert bool((found["gradient_norm"] == 0).all())


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
            gradient = _gradients(module, point)[0]
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
    gradients = _gradients(module, x)
    gradients /= np.linalg.norm(gradients, axis=1, keepdims=True)
    expected = np.einsum("kip,sp->kis", unit, gradients)
    np.testing.assert_allclose(found["sample_alignment"], expected, rtol=0, atol=1e-12)
    assert found["alignment"].dims == ("kind", "index", "y", "x")
    point = torch.tensor([[-1 / 3, 5.0]], dtype=torch.float64)  # second column, last row
    gradient = _gradients(module, point)[0]
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
    spectrum = _spectrum(module, x, y)
    line = align_grid(
        Problem(module, x, y, cross_entropy_per_sample), ((-2.0, 2.0),), 9, spectrum, 2
    )
    check(line, "alignment_grid")
    assert line["alignment"].dims == ("eigen", "x")
    points = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    gradients = _gradients(module, points)
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


def test_random_directions_are_five_unit_vectors_from_random_state_42():
    directions = random_directions(1000)
    assert directions.shape == (5, 1000)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-14)
    draw = np.random.RandomState(42).randn(5000)[1000:2000]
    np.testing.assert_allclose(directions[1], draw / np.sqrt((draw**2).sum()), rtol=1e-13)
    np.random.seed(0)
    np.testing.assert_array_equal(random_directions(1000), directions)


def test_alignment_ignores_the_given_labels_as_equation_1_says(plane):
    module, x, y, spectrum = plane
    first = align_samples(Problem(module, x, y, cross_entropy_per_sample), spectrum)
    other = align_samples(Problem(module, x, (y + 1) % 3, cross_entropy_per_sample), spectrum)
    np.testing.assert_array_equal(first["alignment"], other["alignment"])
    predicted = gradient_products(
        module,
        x,
        torch.from_numpy(spectrum["eigenvectors"].values),
        cross_entropy_per_sample,
        labels=module(x).argmax(1),
        minimum_norm=0,
    )
    np.testing.assert_allclose(first["alignment"], predicted.cosine, rtol=0, atol=1e-13)


def test_grid_window_is_of_vectors_and_not_of_images():
    with pytest.raises(ValueError, match=r"expected inputs .* found shape \(3, 1, 2, 2\); a grid"):
        grid_window(np.zeros((3, 1, 2, 2)), 0.25)
