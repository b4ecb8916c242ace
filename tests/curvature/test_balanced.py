"""Matrices whose numbers have no squares: their spectra are those of ordinary ones, scaled."""

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.curvature.operators.balanced import scale_of
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

TINY = 2.0**-600  # 2e-181, whose square is 0


def _spectrum(method, factor):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 3)).double()
    x = torch.randn(22, 3, dtype=torch.float64)
    problem = Problem.prepared(
        network, x, torch.arange(22) % 3, lambda f, y: factor * cross_entropy_per_sample(f, y)
    )
    options = CurvatureOptions(method=method, top=3, bottom=2, density_probes=2, density_steps=5)
    return compute_spectrum(problem, options)


@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
@pytest.mark.parametrize("factor", [TINY, 1 / TINY])
def test_a_loss_times_a_power_of_two_has_the_same_spectrum_times_it(method, factor):
    ordinary, found = _spectrum(method, 1.0), _spectrum(method, factor)
    values = ordinary["eigenvalues"].values
    assert len(values) == found.sizes["eigen"] > 2
    np.testing.assert_allclose(found["eigenvalues"].values / factor, values, rtol=1e-9)
    overlaps = found["eigenvectors"].values[:3] @ ordinary["eigenvectors"].values[:3].T
    np.testing.assert_allclose(np.abs(overlaps), np.eye(3), atol=1e-6)
    assert (found["residuals"].values / factor < 1e-6 * values.max()).all()
    assert found["residuals"].values.max() > 0
    if method == "lanczos":
        nodes = found["density_nodes"].values / factor
        np.testing.assert_allclose(nodes, ordinary["density_nodes"].values, atol=1e-9)


@pytest.mark.parametrize("method", ["auto", "dense", "range", "lanczos"])
@pytest.mark.parametrize("hidden", [0, 4])
def test_a_hessian_of_zeros_has_no_eigenpair_and_a_trace(method, hidden):
    """As confident as this, the other class has a probability of e^-1000, which is 0."""
    torch.manual_seed(0)
    parts = [nn.Linear(2, hidden), nn.ReLU()] if hidden else []
    network = nn.Sequential(*parts, nn.Linear(hidden or 2, 2)).double()
    x = torch.ones(5, 2, dtype=torch.float64)
    with torch.no_grad():
        network[-1].bias.copy_(torch.tensor([1000.0, 0.0]))
    problem = Problem.prepared(network, x, torch.zeros(5).long(), cross_entropy_per_sample)
    options = CurvatureOptions(method=method, top=2, density_probes=0)
    found = compute_spectrum(problem, options)
    assert found.sizes["eigen"] == found.attrs["rank"] == 0
    whole = method != "lanczos"
    assert found.attrs["complete"] == whole
    known = problem.parameters if whole else options.top
    assert found.attrs["null_space_dimension"] == known
    assert found.attrs["trace_by_samples"] == 0


@pytest.mark.parametrize("size", [1e-130, 1e-3, 1e130, 0.0])
def test_ordinary_numbers_are_left_as_they_are(size):
    assert scale_of(torch.tensor([0.0, -size], dtype=torch.float64)) == 1


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e200])
def test_scales_are_powers_of_two_with_an_inverse(size):
    scale = scale_of(torch.tensor([size, 0.0], dtype=torch.float64))
    assert np.log2(scale) == round(np.log2(scale))
    assert np.isfinite(1 / scale)
    assert 1e-30 < size / scale < 1e30
