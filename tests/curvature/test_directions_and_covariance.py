"""Comparison directions (Appendix E), gradient covariance (Appendix M), margin (Appendix I.3)."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from hessian_boundary.alignment.comparison_directions import KINDS, comparison_directions
from hessian_boundary.boundary import margin
from hessian_boundary.curvature.covariance import covariance_eigenpairs
from hessian_boundary.networks.losses import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def spectrum(rank: int = 8, parameters: int = 40) -> xr.Dataset:
    rows = np.linalg.qr(np.random.default_rng(0).standard_normal((parameters, rank)))[0].T
    return xr.Dataset(
        {
            "eigenvectors": (("eigen", "parameter"), rows),
            "eigenvalues": ("eigen", np.arange(rank, 0, -1.0)),
        }
    )


def test_directions_come_from_both_ends_and_are_unit_vectors() -> None:
    given = spectrum()
    found = comparison_directions(given, count=3, seed=1)
    assert [str(kind) for kind in found["kind"].values] == list(KINDS)
    vectors = given["eigenvectors"].values
    np.testing.assert_array_equal(found.sel(kind="top").values, vectors[:3])
    np.testing.assert_array_equal(found.sel(kind="bottom").values, vectors[:-4:-1])
    np.testing.assert_allclose(np.linalg.norm(found.values, axis=2), 1, rtol=1e-12)


def test_random_eigenvectors_are_resolved_ones_or_orthogonal_to_all_of_them() -> None:
    given = spectrum()
    vectors = given["eigenvectors"].values
    overlaps = []
    for seed in range(10):
        found = comparison_directions(given, count=3, seed=seed).sel(kind="random eigenvector")
        overlaps += list(np.abs(found.values @ vectors.T).max(axis=1))
    overlaps = np.array(overlaps)
    null = overlaps < 1e-12
    np.testing.assert_allclose(overlaps[~null], 1, rtol=1e-12)
    # 8 of 40 eigenvectors are resolved: both kinds occur among 30 draws
    assert 0 < null.sum() < len(null)


def test_too_few_pairs_for_both_ends_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected at least 10 resolved eigenpairs .* found 8"):
        comparison_directions(spectrum(), count=5, seed=0)


def small_problem() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    return module, torch.randn(11, 2, dtype=torch.float64), torch.arange(11) % 3


def test_covariance_against_the_matrix_built_sample_by_sample() -> None:
    module, x, y = small_problem()
    sigma = torch.zeros(39, 39, dtype=torch.float64)
    for i in range(len(y)):
        module.zero_grad()
        nn.functional.cross_entropy(module(x[i : i + 1]), y[i : i + 1]).backward()
        gradient = torch.cat([p.grad.flatten() for p in module.parameters()])
        sigma += torch.outer(gradient, gradient) / len(y)
    expected = torch.linalg.eigvalsh(sigma).flip(0)[:11]
    pairs = covariance_eigenpairs(
        Problem(module, x, y, cross_entropy_per_sample), rank_tolerance=1e-12
    )
    assert pairs.null_space == 39 - 11
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=1e-10, atol=1e-14)
    rebuilt = pairs.eigenvectors.T * pairs.eigenvalues @ pairs.eigenvectors
    torch.testing.assert_close(rebuilt, sigma, rtol=1e-10, atol=1e-14)
    assert pairs.residuals.max() < 1e-14


def test_margin_is_the_distance_to_the_nearer_of_the_two_extreme_samples() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0], [9.0, 9.0]])
    found = margin.estimate_margin(np.array([0.0, 1.0]), 0.9, x, np.array([0.9, -0.7, np.nan]))
    np.testing.assert_array_equal(found["x_max"], [0, 0])
    np.testing.assert_array_equal(found["x_min"], [3, 4])
    assert found.attrs == {"margin": 1.0, "squared_cosine": 0.9}


def test_without_a_gradient_with_a_direction_there_is_no_margin() -> None:
    found = margin.estimate_margin(np.array([0.0, 1.0]), 0.9, np.eye(2), np.full(2, np.nan))
    assert np.isnan(found.attrs["margin"])
    assert found["x_boundary"].values.tolist() == [0, 1]


def test_the_margin_of_a_diverged_training_is_unknown() -> None:
    unknown = margin.unknown_margin(3)
    known = margin.estimate_margin(np.zeros(3), 0.5, np.eye(3), np.arange(3.0))
    assert unknown.sizes == known.sizes
    assert set(unknown) == set(known)
    assert unknown.attrs.keys() == known.attrs.keys()
    assert np.isnan([*unknown.attrs.values(), *unknown["x_max"].values]).all()


def test_boundary_sample_climbs_to_a_larger_alignment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The direction is the gradient at a point, so an alignment of one exists."""
    monkeypatch.setattr(margin, "STEPS", 300)
    module = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    start = torch.tensor([0.3, -0.2], dtype=torch.float64)
    loss = cross_entropy_per_sample(module(start[None]), module(start[None]).argmax(1)).sum()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, module.parameters())])
    target = gradient / gradient.norm()
    labels = torch.zeros(1, dtype=torch.long)
    problem = Problem(module, start[None], labels, cross_entropy_per_sample)
    _, before = margin.boundary_sample(problem, target, seed=4)
    monkeypatch.setattr(margin, "STEPS", 3000)
    found, after = margin.boundary_sample(problem, target, seed=4)
    assert after > before  # it climbs
    assert after == pytest.approx(naive_squared_cosine(module, found, target), rel=1e-9)


def naive_squared_cosine(module: nn.Module, x: torch.Tensor, direction: torch.Tensor) -> float:
    logits = module(x[None])
    loss = nn.functional.cross_entropy(logits, logits.argmax(1))
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, module.parameters())])
    return float((gradient @ direction) ** 2 / (gradient @ gradient))
