"""Where products in float32 are taken, and that a spectrum made with them is the same."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from hessian_boundary.curvature import coarse_products as module
from hessian_boundary.curvature.coarse_products import coarse_products
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.networks.architectures import mlp
from hessian_boundary.networks.problem import Problem

OPTIONS = CurvatureOptions(method="lanczos", top=3, residual_tolerance=1e-7, density_probes=0)


def _problem(network=None):
    torch.manual_seed(0)
    network = mlp.build((4,), 3, hidden=[20, 20]) if network is None else network
    return Problem.prepared(network, torch.randn(30, 4), torch.arange(30) % 3)


def _coarse(problem, options=OPTIONS):
    return coarse_products(problem, options, certified_products(problem, "lanczos", 1e9))


def test_small_networks_and_problems_in_single_precision_do_without(monkeypatch):
    problem = _problem()
    assert _coarse(problem) is None
    monkeypatch.setattr(module, "LARGE", 1)
    operator = _coarse(problem)
    assert operator.dtype == torch.float32
    single = Problem.prepared(
        problem.network, problem.x, problem.y, problem.loss, dtype=torch.float32
    )
    assert _coarse(single) is None


@pytest.mark.parametrize(("tolerance", "coarse"), [(1e-6, True), (9e-7, False)])
def test_middling_networks_take_them_where_they_reach_the_residuals(monkeypatch, tolerance, coarse):
    monkeypatch.setattr(module, "MEDIUM", 1)
    options = replace(OPTIONS, residual_tolerance=tolerance)
    assert (_coarse(_problem(), options) is not None) == coarse


def test_a_network_without_finite_products_in_float32_does_without(monkeypatch, capsys):
    class Tiny(nn.Module):
        def forward(self, x):  # 1e-50 is zero in float32
            return x * (1 / torch.tensor(1e-50, dtype=x.dtype)) * 1e-50

    monkeypatch.setattr(module, "LARGE", 1)
    problem = _problem(nn.Sequential(nn.Linear(4, 3), Tiny()))
    assert _coarse(problem) is None
    assert "products in float64 alone: " in capsys.readouterr().err


def test_a_spectrum_is_the_same_with_them(monkeypatch):
    expected = compute_spectrum(_problem(), OPTIONS)
    monkeypatch.setattr(module, "LARGE", 1)
    found = compute_spectrum(_problem(), OPTIONS)
    scale = float(expected["eigenvalues"][0])
    torch.testing.assert_close(
        torch.from_numpy(found["eigenvalues"].values),
        torch.from_numpy(expected["eigenvalues"].values),
        rtol=0,
        atol=1e-7 * scale,
    )
    cosines = (found["eigenvectors"].values * expected["eigenvectors"].values).sum(1)
    assert abs(cosines) == pytest.approx([1, 1, 1], abs=1e-6)
    assert "products in float32, residuals in float64" in found.attrs["reason"]
    assert "float32" not in expected.attrs["reason"]
    assert found.attrs["hessian_vector_products"] > 3


def test_the_density_is_estimated_with_them(monkeypatch):
    options = replace(OPTIONS, density_probes=2, density_steps=6)
    expected = compute_spectrum(_problem(), options)
    monkeypatch.setattr(module, "LARGE", 1)
    found = compute_spectrum(_problem(), options)
    pairs_alone = compute_spectrum(_problem(), OPTIONS)
    products = [of.attrs["hessian_vector_products"] for of in (found, pairs_alone)]
    assert products[0] - products[1] == 2 * 6
    scale = float(expected["eigenvalues"][0])
    nodes, exact = found["density_nodes"].values, expected["density_nodes"].values
    assert 0 < abs(nodes - exact).max() < 1e-5 * scale  # of float32, and right
    moments = [
        (of["density_nodes"] * of["density_weights"]).sum("step") for of in (found, expected)
    ]
    assert moments[0].values == pytest.approx(moments[1].values, abs=1e-6 * scale)


def test_without_a_memory_limit_the_path_is_the_same(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 1)
    problem = _problem()
    for limit in (1e9, float("inf")):
        assert certified_products(problem, "lanczos", limit).path == "layered"
    assert isinstance(_coarse(problem), LayeredProducts)
