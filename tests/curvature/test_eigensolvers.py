"""Eigensolvers: spectra known by construction, LAPACK, and certificates computed again here."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_eigenpairs, dense_matrix
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.range_finder import (
    RANGE_MARGIN,
    find_range,
    range_eigenpairs,
)

TOLERANCE = 1e-12
SEED = 3


@dataclass
class MatrixOperator:
    """A given symmetric matrix in the form that eigensolvers take."""

    matrix: Tensor

    def __post_init__(self):
        self.dimension = len(self.matrix)
        self.dtype, self.device = self.matrix.dtype, self.matrix.device

    def __call__(self, block: Tensor) -> Tensor:
        return block @ self.matrix


def _synthetic(eigenvalues: Tensor, size: int, dead: int) -> tuple[MatrixOperator, Tensor]:
    """A matrix with these eigenvalues and `dead` zero rows; and its eigenvectors as rows."""
    generator = torch.Generator().manual_seed(0)
    alive = torch.randperm(size, generator=generator)[dead:]
    draw = torch.randn(size - dead, len(eigenvalues), generator=generator, dtype=torch.float64)
    vectors = torch.zeros(len(eigenvalues), size, dtype=torch.float64)
    vectors[:, alive] = torch.linalg.qr(draw)[0].T
    matrix = (vectors.T * eigenvalues) @ vectors
    return MatrixOperator((matrix + matrix.T) / 2), vectors


def _graded() -> tuple[MatrixOperator, Tensor, Tensor]:
    """p = 600, rank 200, |λ| from 1 to 1e-11 with both signs, 90 dead rows."""
    sizes = torch.logspace(0, -11, 200, dtype=torch.float64)
    eigenvalues = sizes * torch.tensor([1.0, 1.0, -1.0, 1.0]).repeat(50)
    return *_synthetic(eigenvalues, 600, dead=90), eigenvalues


def _solve(method, operator, tolerance=TOLERANCE):
    if method == "dense":
        return dense_eigenpairs(operator, rank_tolerance=tolerance)
    return range_eigenpairs(operator, rank_tolerance=tolerance, seed=SEED)


def _hessian(case):
    return Hessian(case.problem, batch_size=64)


def _groups(eigenvalues: Tensor, gap: float) -> list[Tensor]:
    """Indices of eigenvalues above `gap`, cut into groups that lie at least `gap` apart."""
    groups: list[list[int]] = []
    for i, value in enumerate(eigenvalues.tolist()):
        if i and eigenvalues[i - 1] - value <= gap and groups:
            groups[-1].append(i)
        else:
            groups.append([i])
    return [torch.tensor(g) for g in groups if float(eigenvalues[g].abs().min()) > gap]


def _largest_angle(a: Tensor, b: Tensor) -> float:
    """Sine of the largest principal angle between the row spaces of a and b (orthonormal)."""
    return float(torch.linalg.matrix_norm(a - (a @ b.T) @ b, ord=2))


def _assert_sound(pairs, operator, tolerance=TOLERANCE):
    """Descending, orthonormal, residuals as small as claimed."""
    values, vectors = pairs.eigenvalues, pairs.eigenvectors
    scale = float(values.abs().max())
    assert torch.equal(values, values.sort(descending=True).values)
    assert float(values.abs().min()) > tolerance * scale
    assert pairs.null_space == operator.dimension - len(values)
    identity = torch.eye(len(values), dtype=values.dtype)
    assert float((vectors @ vectors.T - identity).abs().max()) < 1e-12
    recomputed = torch.linalg.vector_norm(operator(vectors) - values[:, None] * vectors, dim=1)
    assert float(recomputed.max()) < 1e-13 * scale
    assert float(pairs.residuals.max()) < 1e-13 * scale
    assert pairs.certificate < 1e-12 * scale


@pytest.mark.parametrize("method", ["dense", "range"])
def test_spectrum_known_by_construction_is_found_whole(method):
    operator, vectors, eigenvalues = _graded()
    pairs = _solve(method, operator)
    expected, order = eigenvalues.sort(descending=True)
    assert len(pairs.eigenvalues) == 200
    assert pairs.null_space == 400
    assert float((pairs.eigenvalues - expected).abs().max()) < 1e-14
    _assert_sound(pairs, operator)
    for group in _groups(expected, gap=1e-3):
        angle = _largest_angle(pairs.eigenvectors[group], vectors[order][group])
        assert angle < 1e-11
    assert _largest_angle(pairs.eigenvectors, vectors) < 1e-3  # down to 1e-11 · λ_max


@pytest.mark.parametrize("method", ["dense", "range"])
def test_rank_is_cut_at_the_tolerance_whatever_the_sign(method):
    above = [1.0, -0.5, 1e-4, 3e-12, -3e-12]
    below = [4e-13, -4e-13, 1e-13]
    operator, _ = _synthetic(torch.tensor(above + below, dtype=torch.float64), 500, dead=0)
    pairs = _solve(method, operator)
    expected = sorted(above, reverse=True)
    np.testing.assert_allclose(pairs.eigenvalues, expected, rtol=0, atol=1e-14)
    assert pairs.null_space == 495


@pytest.mark.parametrize("method", ["dense", "range"])
def test_matrix_of_full_rank_is_found_whole(method):
    eigenvalues = torch.linspace(-1, 2, 200, dtype=torch.float64)
    operator, _ = _synthetic(eigenvalues, 200, dead=0)
    pairs = _solve(method, operator)
    assert pairs.null_space == 0
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues.flip(0), rtol=0, atol=1e-13)
    _assert_sound(pairs, operator)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_repeated_eigenvalues_give_an_orthonormal_basis_of_their_space(method):
    eigenvalues = torch.tensor([1.0] * 150 + [-0.25] * 10, dtype=torch.float64)
    operator, vectors = _synthetic(eigenvalues, 400, dead=20)
    pairs = _solve(method, operator)
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues, rtol=0, atol=1e-13)
    assert _largest_angle(pairs.eigenvectors[:150], vectors[:150]) < 1e-12
    _assert_sound(pairs, operator)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_zero_matrix_has_no_pair_and_is_all_null_space(method):
    operator = MatrixOperator(torch.zeros(40, 40, dtype=torch.float64))
    pairs = _solve(method, operator)
    assert pairs.eigenvalues.shape == (0,)
    assert pairs.eigenvectors.shape == (0, 40)
    assert pairs.residuals.shape == (0,)
    assert pairs.null_space == 40
    assert pairs.certificate == 0


def test_range_agrees_with_dense_on_hessians(problem):
    operator = _hessian(problem)
    dense, found = _solve("dense", operator), _solve("range", operator)
    scale = float(dense.eigenvalues.max())
    assert len(found.eigenvalues) == len(dense.eigenvalues)
    assert found.null_space == dense.null_space
    assert float((found.eigenvalues - dense.eigenvalues).abs().max()) < TOLERANCE * scale / 100
    for pairs in (dense, found):
        _assert_sound(pairs, operator)
        assert pairs.complete
    groups = _groups(dense.eigenvalues, gap=1e-4 * scale)
    assert groups
    for group in groups:
        assert _largest_angle(found.eigenvectors[group], dense.eigenvectors[group]) < 1e-10


@pytest.mark.parametrize("name", ["cnn", "softmax_regression"])
def test_eigenvalues_are_those_of_numpy(make_problem, name):
    case = make_problem(name)
    matrix = dense_matrix(_hessian(case)).numpy()
    reference = np.linalg.eigvalsh(matrix)[::-1]
    reference = reference[abs(reference) > TOLERANCE * reference[0]]
    pairs = _solve("range", _hessian(case))
    np.testing.assert_allclose(pairs.eigenvalues, reference, rtol=0, atol=1e-14 * reference[0])


def test_eigenvectors_vanish_on_dead_rows_exactly():
    operator, _, _ = _graded()
    dead = (operator.matrix == 0).all(1)
    assert int(dead.sum()) == 90
    assert bool((_solve("range", operator).eigenvectors[:, dead] == 0).all())


def test_dead_units_of_a_network_are_null_space(make_problem):
    case = make_problem("mlp_relu")
    with torch.no_grad():
        case.module[0].bias[:5] = -1e3  # five units that never fire: 5·3 + 5·20 dead parameters
    operator = _hessian(case)
    pairs = _solve("range", operator)
    _assert_sound(pairs, operator)
    assert int((pairs.eigenvectors == 0).all(0).sum()) >= 5 * 3 + 5 * 20


@pytest.mark.parametrize("method", ["dense", "range"])
def test_truncated_spectra_report_residuals_that_hold(method):
    # a coarse tolerance leaves real defects, so that reported and recomputed ones can be compared
    operator, _, _ = _graded()
    tolerance = 1e-3
    pairs = _solve(method, operator, tolerance)
    assert 0 < len(pairs.eigenvalues) < 70
    recomputed = torch.linalg.vector_norm(
        operator(pairs.eigenvectors) - pairs.eigenvalues[:, None] * pairs.eigenvectors, dim=1
    )
    if method == "range":
        assert float(recomputed.max()) > 1e-8
    torch.testing.assert_close(pairs.residuals, recomputed, rtol=1e-4, atol=1e-14)


def test_certificate_is_the_defect_of_the_whole_basis():
    operator, _, _ = _graded()
    active, blocks = find_range(operator, 1e-3 * RANGE_MARGIN, SEED)
    basis = torch.zeros(sum(map(len, blocks)), 600, dtype=torch.float64)
    basis[:, active] = torch.cat(blocks)
    image = operator(basis)
    defect = torch.linalg.matrix_norm(image - (image @ basis.T) @ basis)
    pairs = _solve("range", operator, 1e-3)
    assert pairs.certificate == pytest.approx(float(defect), rel=1e-6)
    assert pairs.certificate > 1e-8


def test_range_finder_repeats_exactly_and_its_seed_does_not_matter_for_the_result():
    operator, _, _ = _graded()
    first, again = _solve("range", operator), _solve("range", operator)
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    other = range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED + 1)
    assert not torch.equal(first.eigenvectors, other.eigenvectors)
    torch.testing.assert_close(first.eigenvalues, other.eigenvalues, rtol=0, atol=1e-14)


def test_range_finder_leaves_the_global_random_state():
    before = torch.get_rng_state()
    _solve("range", _graded()[0])
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
    message = r"expected a range that fits into 0.002 GB, found 256 directions that take 0.004"
    with pytest.raises(MemoryLimitError, match=message):
        range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED, memory_limit=2e6)
