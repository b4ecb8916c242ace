"""Eigenpairs of the gradients' covariance (Appendix M)."""

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.covariance import (
    COPIES,
    compute_covariance_spectrum,
    covariance_eigenpairs,
)
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
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


def test_gradients_that_do_not_fit_into_the_limit_are_refused() -> None:
    problem = Problem(*small_problem(), cross_entropy_per_sample)
    needed = COPIES * 11 * 39 * 8 / 1e9
    fitting = CurvatureOptions(memory_limit_gb=1.001 * needed)
    assert compute_covariance_spectrum(problem, fitting).sizes["eigen"] == 11
    with pytest.raises(MemoryLimitError, match=r"covariance of 11 gradients of 39 parameters"):
        compute_covariance_spectrum(problem, CurvatureOptions(memory_limit_gb=0.999 * needed))


def test_gradients_whose_squares_are_no_numbers_are_refused() -> None:
    module, x, y = small_problem()

    def tiny(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return 1e-160 * cross_entropy_per_sample(logits, labels)

    with pytest.raises(ValueError, match=r"expected gradients longer than 1e-150, found .*e-16"):
        covariance_eigenpairs(Problem(module, x, y, tiny), rank_tolerance=1e-12)
