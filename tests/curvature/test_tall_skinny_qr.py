"""R of slices against the whole matrix, and column by column where columns differ in length."""

import pytest
import torch
from torch import Tensor

from hessian_boundary.curvature.gauss_newton.tall_skinny_qr import stacked_triangle


def _triangle(matrix: Tensor, width: int) -> Tensor:
    triangle = matrix[:0]
    for part in matrix.split(width):
        triangle = stacked_triangle(triangle, part)
    return triangle


def _matrix(rows: int, columns: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(rows, columns, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(31, 6), (4, 9), (6, 6)])
@pytest.mark.parametrize("width", [1, 2, 5, 30, 31])
def test_the_triangle_of_slices_has_the_gram_matrix_of_the_whole(shape, width):
    matrix = _matrix(*shape)
    triangle = _triangle(matrix, width)
    assert triangle.shape == (min(shape), shape[1])
    assert torch.equal(triangle, triangle.triu())
    torch.testing.assert_close(triangle.T @ triangle, matrix.T @ matrix, rtol=0, atol=1e-13)


def test_it_is_the_triangle_of_the_whole_but_for_signs():
    matrix = _matrix(40, 7)
    whole = torch.linalg.qr(matrix).R
    for slices in (1, 2, 3):
        found = _triangle(matrix, -(-40 // slices))
        torch.testing.assert_close(found.abs(), whole.abs(), rtol=0, atol=1e-13)


def test_every_column_keeps_its_own_precision_over_250_orders():
    matrix = _matrix(50, 6)
    lengths = 10.0 ** -torch.tensor([0.0, 120, 20, 100, 5, 125], dtype=torch.float64)
    found = _triangle(matrix * lengths, 7) / lengths
    torch.testing.assert_close(found.abs(), torch.linalg.qr(matrix).R.abs(), rtol=0, atol=1e-13)


def test_it_does_not_square_the_condition_number():
    """Two columns 1e-10 apart: their Gram matrix is singular in float64."""
    first, second = torch.linalg.qr(_matrix(60, 2)).Q.T
    matrix = torch.stack([first, first + 1e-10 * second], dim=1)
    assert float(_triangle(matrix, 13)[1, 1].abs()) == pytest.approx(1e-10, rel=1e-5)
