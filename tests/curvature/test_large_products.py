"""Products and decompositions that the CPU leaves to OpenBLAS: against loops and PyTorch."""

import pytest
import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.linear_algebra import add_product, product, qr


def _matrix(rows: int, columns: int, dtype: torch.dtype, layout: str) -> Tensor:
    generator = torch.Generator().manual_seed(rows)
    if layout == "transposed":
        return torch.randn(columns, rows, generator=generator, dtype=dtype).T
    if layout == "slice":
        return torch.randn(rows, columns + 3, generator=generator, dtype=dtype)[:, 2:-1]
    return torch.randn(rows, columns, generator=generator, dtype=dtype)


def _by_a_loop(left: Tensor, right: Tensor) -> Tensor:
    rows = [
        [float(sum(a * b for a, b in zip(row, column, strict=True))) for column in right.T.tolist()]
        for row in left.tolist()
    ]
    return torch.tensor(rows, dtype=left.dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("left", ["plain", "transposed", "slice"])
@pytest.mark.parametrize("right", ["plain", "transposed", "slice"])
def test_products_are_those_of_a_loop(left: str, right: str, dtype: torch.dtype) -> None:
    a, b = _matrix(5, 7, dtype, left), _matrix(7, 4, dtype, right)
    expected = _by_a_loop(a, b)
    torch.testing.assert_close(product(a, b), expected)
    for total in (torch.ones(5, 4, dtype=dtype), torch.ones(5, 8, dtype=dtype)[:, ::2]):
        add_product(total, a, b)
        torch.testing.assert_close(total, 1 + expected)


def test_nothing_is_added_by_a_product_over_nothing() -> None:
    total = torch.ones(5, 4, dtype=torch.float64)
    add_product(total, torch.ones(5, 0).double(), torch.ones(0, 4).double())
    assert (total == 1).all()
    assert product(torch.ones(2, 0), torch.ones(0, 3)).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("rows", "columns"), [(9, 4), (4, 9), (6, 6)])
def test_directions_are_orthonormal_where_columns_depend_on_others(rows: int, columns: int) -> None:
    matrix = _matrix(rows, columns, torch.float64, "plain")
    matrix[:, 1] = 2 * matrix[:, 0]
    directions, triangle = qr(matrix)
    torch.testing.assert_close(directions @ triangle, matrix)
    torch.testing.assert_close(triangle, triangle.triu())
    unit = torch.eye(min(rows, columns), dtype=torch.float64)
    torch.testing.assert_close(directions.T @ directions, unit)
