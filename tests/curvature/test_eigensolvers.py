"""Eigensolvers: spectra known by construction, LAPACK, and certificates computed again here."""

import numpy as np
import pytest
import torch
from torch import Tensor

from helpers.known_spectra import MatrixOperator, graded, synthetic
from hessian_boundary.curvature.low_rank.range_finder import (
    range_eigenpairs,
)
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_eigenpairs, dense_matrix

TOLERANCE = 1e-12


SEED = 3


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
    operator, vectors, eigenvalues = graded()
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
    operator, _ = synthetic(torch.tensor(above + below, dtype=torch.float64), 500, dead=0)
    pairs = _solve(method, operator)
    expected = sorted(above, reverse=True)
    np.testing.assert_allclose(pairs.eigenvalues, expected, rtol=0, atol=1e-14)
    assert pairs.null_space == 495


@pytest.mark.parametrize("method", ["dense", "range"])
def test_matrix_of_full_rank_is_found_whole(method):
    eigenvalues = torch.linspace(-1, 2, 200, dtype=torch.float64)
    operator, _ = synthetic(eigenvalues, 200, dead=0)
    pairs = _solve(method, operator)
    assert pairs.null_space == 0
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues.flip(0), rtol=0, atol=1e-13)
    _assert_sound(pairs, operator)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_repeated_eigenvalues_give_an_orthonormal_basis_of_their_space(method):
    eigenvalues = torch.tensor([1.0] * 150 + [-0.25] * 10, dtype=torch.float64)
    operator, vectors = synthetic(eigenvalues, 400, dead=20)
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
    operator, _, _ = graded()
    tolerance = 1e-3
    pairs = _solve(method, operator, tolerance)
    assert 0 < len(pairs.eigenvalues) < 70
    recomputed = torch.linalg.vector_norm(
        operator(pairs.eigenvectors) - pairs.eigenvalues[:, None] * pairs.eigenvectors, dim=1
    )
    if method == "range":
        assert float(recomputed.max()) > 1e-8
    torch.testing.assert_close(pairs.residuals, recomputed, rtol=1e-4, atol=1e-14)
