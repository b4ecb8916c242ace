"""The Gauss-Newton part slice by slice and the general way: the same to round-off."""

import pytest
import torch
from torch import Tensor, nn

from helpers.problems import network_as_confident
from hessian_boundary.curvature.gauss_newton.decomposition import (
    GaussNewtonPairs,
    gauss_newton_pairs,
)
from hessian_boundary.networks.parameters import parameter_count
from hessian_boundary.networks.problem import Problem


def _assert_equal_pairs(found: GaussNewtonPairs, expected: GaussNewtonPairs) -> None:
    torch.testing.assert_close(found.eigenvalues, expected.eigenvalues, rtol=1e-9, atol=0)
    torch.testing.assert_close(found.products, expected.products, rtol=0, atol=1e-12)
    alignments = [
        (pairs.coordinates @ pairs.combined(pairs.triangle.T).T).abs()
        for pairs in (found, expected)
    ]
    torch.testing.assert_close(*alignments, rtol=0, atol=1e-9 * float(alignments[1].max()))
    vectors = [pairs.eigenvectors(5) for pairs in (found, expected)]
    torch.testing.assert_close(vectors[0].abs(), vectors[1].abs(), rtol=0, atol=1e-11)


@pytest.mark.parametrize("slices", [1, 2, 3, 16, "columns"])
def test_the_number_of_slices_changes_nothing(slices):
    module, x, y, loss = network_as_confident(2.0)
    size = parameter_count(module)
    directions = torch.randn(3, size, generator=torch.Generator().manual_seed(0)).double()
    column = len(x) * 2 * 8
    problem = Problem(module, x, y, loss)
    whole = gauss_newton_pairs(problem, directions)
    columns = 1 if slices == "columns" else -(-size // slices)
    found = gauss_newton_pairs(problem, directions, column * columns)
    _assert_equal_pairs(found, whole)


class _Wrapped(nn.Module):
    """Of which no fast path knows what it does."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


def test_the_general_way_gives_the_same():
    module, x, y, loss = network_as_confident(2.0)
    directions = torch.randn(
        3, parameter_count(module), generator=torch.Generator().manual_seed(0)
    ).double()
    _assert_equal_pairs(
        gauss_newton_pairs(Problem(_Wrapped(module), x, y, loss), directions),
        gauss_newton_pairs(Problem(module, x, y, loss), directions),
    )
