"""Block Lanczos and eigenvalues that occur several times: by formula, and where memory is short."""

import pytest
import torch
from torch import nn

from helpers.diagonal_operators import DiagonalOperator, joined
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.copies import largest_cluster
from hessian_boundary.curvature.solvers.krylov import Ritz
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def softmax_regression_at_zero(classes: int, features: int) -> Problem:
    """H = (I/C − 11ᵀ/C²) ⊗ XᵀX/n: every eigenvalue of XᵀX/n, over C, occurs C − 1 times."""
    generator = torch.Generator().manual_seed(0)
    network = nn.Linear(features, classes, bias=False).double()
    nn.init.zeros_(network.weight)
    x = torch.randn(500, features, generator=generator, dtype=torch.float64)
    x *= torch.linspace(3, 0.1, features, dtype=torch.float64)
    return Problem(network, x, torch.arange(500) % classes, cross_entropy_per_sample)


@pytest.mark.parametrize(("classes", "tolerance"), [(10, 1e-4), (7, 1e-3), (5, 1e-8)])
def test_eigenvalues_are_found_as_often_as_they_occur(classes, tolerance, capsys):
    problem = softmax_regression_at_zero(classes, 30)
    top = 2 * classes
    pairs = lanczos_eigenpairs(
        Hessian(problem), k_top=top, seed=1, residual_tolerance=tolerance, memory_limit=1e9
    )
    covariance = problem.x.T @ problem.x / problem.samples / classes
    expected = torch.linalg.eigvalsh(covariance).flip(0).repeat_interleave(classes - 1)[:top]
    torch.testing.assert_close(
        pairs.eigenvalues, expected, rtol=0, atol=2 * tolerance * float(expected[0])
    )
    assert not pairs.copies_may_be_missing
    assert "again with blocks of 8" in capsys.readouterr().err


def test_where_memory_forbids_wider_blocks_copies_may_be_missing():
    operator = DiagonalOperator(torch.tensor([2.0] * 9 + [1.0] * 300, dtype=torch.float64))
    vector = operator.dimension * 8
    limit = (12 + 3 * 4 + 7 * 4 + 12) * vector  # what blocks of 4 need
    options = {"memory_limit": limit, "residual_tolerance": 1e-4}
    pairs = lanczos_eigenpairs(operator, k_top=12, seed=0, **options)
    assert pairs.copies_may_be_missing


def _ritz(values: list[float], residual: float) -> Ritz:
    found = torch.tensor(values, dtype=torch.float64)
    gaps = torch.nn.functional.pad(-found.diff(), (1, 1), value=torch.inf)
    residuals = torch.full_like(found, residual)
    scale = float(found.abs().max())
    return Ritz(found, torch.eye(len(found)), residuals, scale, gaps[:-1], gaps[1:], 1e-14 * scale)


def test_clusters_are_counted():
    # the distance of 3e-5 counts beside residuals, but not beside their squares over 0.5
    values = [5.0, 4.0, 4.0 - 3e-5, 3.5, 1.0, 1.0]
    assert largest_cluster(_ritz(values, 1e-2), 1e-2, 9) == 2
    assert largest_cluster(_ritz(values[:4], 1e-3), 1e-3, 9) == 1
    assert largest_cluster(_ritz(values[:4], 1e-2), 1e-2, 9) == 2
    # of three near each other the squares tell nothing
    values = [5.0, 4.0, 4.0 - 3e-5, 4.0 - 6e-5, 1.0]
    assert largest_cluster(_ritz(values, 2e-5), 1e-5, 9) == 3
    assert largest_cluster(_ritz(values, 1e-5), 1e-5, 9) == 1
    assert largest_cluster(_ritz(values[:1], 1e-5), 1e-5, 9) == 1
    null_space = [5.0, 1e-9, 0.0, 0.0, -1e-9]
    assert largest_cluster(_ritz(null_space, 1e-9), 1e-8, 9) == 1
    assert largest_cluster(_ritz([0.0] * 3, 0.0), 1e-8, 9) == 0


def test_eigenvalues_that_are_near_each_other_are_not_copies(capsys):
    """With a loose tolerance, too."""
    spread = 1 - 1e-2 * torch.arange(12, dtype=torch.float64)
    operator = DiagonalOperator(torch.cat([spread, 0.1 * torch.rand(300, dtype=torch.float64)]))
    pairs = lanczos_eigenpairs(operator, k_top=10, seed=0, residual_tolerance=1e-3)
    torch.testing.assert_close(pairs.eigenvalues, spread[:10], rtol=0, atol=1e-3)
    assert "occurs often" not in capsys.readouterr().err


@pytest.mark.parametrize("copies", [2, 3, 5])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-9])
def test_all_copies_are_found_by_blocks_that_start_narrow(copies, tolerance):
    ones = torch.ones(copies, dtype=torch.float64)
    eigenvalues = torch.cat([3 * ones[:1], 2 * ones, 0.5 * torch.rand(400, dtype=torch.float64)])
    pairs = lanczos_eigenpairs(
        DiagonalOperator(eigenvalues), k_top=copies + 1, seed=0, residual_tolerance=tolerance
    )
    expected = eigenvalues[: copies + 1]
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=3 * tolerance)
    assert not pairs.copies_may_be_missing


@pytest.mark.parametrize(("top", "bottom"), [(3, 6), (9, 0), (2, 1)])
def test_a_null_space_hides_no_eigenvalue_and_lets_none_through(top, bottom):
    """Of nine zeros, two negative and three positive ones, in blocks that start with two."""
    eigenvalues = joined([5.0, 4.0, 3.0], torch.zeros(9), [-1.0, -2.0])
    signs = (eigenvalues, eigenvalues.abs())  # the second has zeros at its lower end
    for values in signs:
        pairs = lanczos_eigenpairs(DiagonalOperator(values), k_top=top, k_bottom=bottom, seed=0)
        ordered = values.sort(descending=True).values
        expected = torch.cat([ordered[:top], ordered[len(ordered) - bottom :]])
        torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-7)
