"""The range finder: its certificate, its randomness, and what it refuses."""

import math

import pytest
import torch

from helpers.known_spectra import MatrixOperator, graded
from hessian_boundary.curvature.low_rank.range_finder import (
    RANGE_MARGIN,
    find_range,
    range_eigenpairs,
)
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError

TOLERANCE = 1e-12


SEED = 3


def _solve(operator, tolerance=TOLERANCE):
    return range_eigenpairs(operator, rank_tolerance=tolerance, seed=SEED)


def test_eigenvectors_vanish_on_dead_rows_exactly():
    operator, _, _ = graded()
    dead = (operator.matrix == 0).all(1)
    assert int(dead.sum()) == 90
    assert bool((_solve(operator).eigenvectors[:, dead] == 0).all())


def test_certificate_is_the_defect_of_the_whole_basis():
    operator, _, _ = graded()
    active, blocks = find_range(operator, 1e-3 * RANGE_MARGIN, SEED)
    basis = torch.zeros(sum(map(len, blocks)), 600, dtype=torch.float64)
    basis[:, active] = torch.cat(blocks)
    image = operator(basis)
    defect = torch.linalg.matrix_norm(image - (image @ basis.T) @ basis)
    pairs = _solve(operator, 1e-3)
    assert pairs.certificate == pytest.approx(float(defect), rel=1e-6)
    assert pairs.certificate > 1e-8


@pytest.mark.parametrize("exponent", [-400, -80, 80, 400])
def test_residuals_are_in_proportion_to_the_matrix(exponent):
    """Of eigenvalues of 1e-24 they are 1e-40, which float32 does not hold, nor its square."""
    operator, _, _ = graded()
    pairs, scaled = (_solve(MatrixOperator(operator.matrix * 2.0**e)) for e in (0, exponent))
    assert bool((pairs.residuals > 0).all())
    close = {"rtol": 1e-3, "atol": 1e-20}
    torch.testing.assert_close(scaled.residuals * 2.0**-exponent, pairs.residuals, **close)
    assert scaled.certificate * 2.0**-exponent == pytest.approx(pairs.certificate, rel=1e-3)


def test_range_finder_repeats_exactly_and_its_seed_does_not_matter_for_the_result():
    operator, _, _ = graded()
    first, again = _solve(operator), _solve(operator)
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    other = range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED + 1)
    assert not torch.equal(first.eigenvectors, other.eigenvectors)
    torch.testing.assert_close(first.eigenvalues, other.eigenvalues, rtol=0, atol=1e-14)


def test_range_finder_leaves_the_global_random_state():
    before = torch.get_rng_state()
    _solve(graded()[0])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("dtype", "tolerance", "message"),
    [
        (torch.float64, 1e-14, r"at least 4\.4e-14 for torch\.float64, found 1\.0e-14"),
        (torch.float32, 1e-12, r"at least 2\.4e-05 for torch\.float32, found 1\.0e-12"),
    ],
)
def test_tolerance_below_round_off_is_refused(dtype, tolerance, message):
    operator = MatrixOperator(torch.eye(10, dtype=dtype))
    with pytest.raises(ValueError, match=message):
        range_eigenpairs(operator, rank_tolerance=tolerance, seed=SEED)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_products_that_are_not_finite_are_refused(bad):
    matrix = torch.eye(10, dtype=torch.float64)
    matrix[3, 4] = matrix[4, 3] = bad
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        range_eigenpairs(MatrixOperator(matrix), rank_tolerance=TOLERANCE, seed=SEED)


def test_a_range_beyond_the_memory_limit_is_given_up_while_it_grows():
    operator = MatrixOperator(torch.eye(400, dtype=torch.float64))
    message = r"expected a range that fits into 0.003 GB, found 256 directions that take 0.004"
    with pytest.raises(MemoryLimitError, match=message):
        range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED, memory_limit=3e6)


def _eigenvalues(total, orders_of_magnitude):
    """A spectrum that falls evenly, on a logarithmic axis, by so many orders."""
    values = torch.logspace(0, -orders_of_magnitude, total, dtype=torch.float64)
    return MatrixOperator(torch.diag(values))


def test_a_range_that_cannot_fit_is_given_up_after_the_first_blocks():
    # 13 orders of magnitude take 1300 directions, 87 MB; the first block finds 128 of them
    message = r"found 128 directions that take 0.005 GB.*by that, about \d\d\d in all would take"
    with pytest.raises(MemoryLimitError, match=message):
        range_eigenpairs(
            _eigenvalues(1500, 15), rank_tolerance=TOLERANCE, seed=SEED, memory_limit=15e6
        )


def test_a_range_that_just_fits_is_not_given_up():
    # the first orders of magnitude take more directions than the last: decay as of a cliff
    values = torch.cat([torch.logspace(0, -4, 500), torch.logspace(-5, -20, 100)]).double()
    operator = MatrixOperator(torch.diag(values))
    found = range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED, memory_limit=18e6)
    assert len(found.eigenvalues) == int((values > TOLERANCE).sum())


class _Overflows(MatrixOperator):
    """Finite in its first two products, as a loss may be that overflows along some directions."""

    calls = 0

    def __call__(self, block):
        self.calls += 1
        return super().__call__(block) * (math.nan if self.calls > 2 else 1)


def test_a_later_product_that_is_not_finite_is_refused_too():
    operator = _Overflows(torch.eye(400, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        _solve(operator)
