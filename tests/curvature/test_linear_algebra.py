"""Linear algebra that eigensolvers share."""

import math

import pytest
import torch

from hessian_boundary.curvature.solvers.linear_algebra import symmetric_eigenpairs


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 1e-5)])
@pytest.mark.parametrize("size", [1, 7, 200])
def test_eigenpairs_of_a_symmetric_matrix(dtype, tolerance, size):
    draw = torch.randn(size, size, generator=torch.Generator().manual_seed(0)).to(dtype)
    matrix = draw + draw.T
    before = matrix.clone()
    values, columns = symmetric_eigenpairs(matrix)
    assert torch.equal(matrix, before)
    assert values.dtype == columns.dtype == dtype
    assert bool((values.diff() >= 0).all())
    close = {"rtol": 0, "atol": tolerance * size}
    torch.testing.assert_close(matrix @ columns, columns * values, **close)
    torch.testing.assert_close(columns.T @ columns, torch.eye(size, dtype=dtype), **close)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_matrix_that_is_not_finite_is_refused(bad):
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[2, 1] = matrix[1, 2] = bad
    with pytest.raises(ValueError, match="expected finite Hessian-vector products, found NaN"):
        symmetric_eigenpairs(matrix)
