"""Eigenpairs of the gradients' covariance (Appendix M)."""

import torch
from torch import nn

from hessian_boundary.curvature.covariance import covariance_eigenpairs
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


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
