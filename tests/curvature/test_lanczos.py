"""Block Lanczos: known spectra, scipy's ARPACK, LAPACK, true residuals, restarts."""

import math

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from helpers.diagonal_operators import DiagonalOperator, hessian_like, joined, limit_for, solve
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.curvature.solvers.krylov import KrylovState

TOLERANCE = 1e-8

SPECTRA = {
    "wide spread": (torch.logspace(0, -14, 400, dtype=torch.float64), 20, 0),
    "no gaps": (torch.linspace(-1, 1, 300, dtype=torch.float64), 5, 5),
    "like a Hessian": (hessian_like(), 10, 5),
    "bottom alone": (hessian_like(), 0, 6),
    "multiplicity of a block": (joined([5] * 4, [-3] * 4, torch.linspace(-1, 2, 500)), 6, 5),
    "cluster": (joined([5 + 1e-6, 5, 5 - 1e-6], torch.linspace(-1, 4, 200)), 4, 1),
    "low rank": (joined([5, 4, 3, -2, -1], [0] * 300), 4, 3),
    "more pairs than the rank": (joined([5, 4, -1], [0] * 100), 12, 9),
    "zero": (joined([0] * 40), 3, 2),
    "identity": (joined([1] * 40), 9, 2),
    "every pair": (torch.linspace(-1, 1, 30, dtype=torch.float64), 20, 10),
    "a single parameter": (joined([3]), 1, 0),
}


def _assert_sound(pairs, operator, scale):
    values, vectors = pairs.eigenvalues, pairs.eigenvectors
    assert torch.equal(values, values.sort(descending=True).values)
    identity = torch.eye(len(values), dtype=values.dtype)
    assert float((vectors @ vectors.T - identity).abs().max()) < 1e-13
    recomputed = torch.linalg.vector_norm(operator(vectors) - values[:, None] * vectors, dim=1)
    assert float(recomputed.max()) <= TOLERANCE * scale
    torch.testing.assert_close(pairs.residuals, recomputed, rtol=1e-4, atol=1e-14 * scale)
    assert pairs.certificate == pytest.approx(float(recomputed.norm()), rel=1e-4, abs=1e-13 * scale)
    assert pairs.null_space == 0
    assert pairs.not_computed == operator.dimension - len(values)
    assert pairs.complete == (pairs.not_computed == 0)


@pytest.mark.parametrize("name", SPECTRA)
def test_known_spectra_are_found(name):
    eigenvalues, k_top, k_bottom = SPECTRA[name]
    operator = DiagonalOperator(eigenvalues)
    pairs = solve(operator, k_top, k_bottom)
    ordered = eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:k_top], ordered[len(ordered) - k_bottom :]])
    scale = float(eigenvalues.abs().max())
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=2e-14 * scale)
    _assert_sound(pairs, operator, scale)


def test_eigenvectors_of_a_cluster_span_its_space():
    operator = DiagonalOperator(SPECTRA["cluster"][0])
    vectors = solve(operator, 3).eigenvectors
    assert float(vectors[:, 3:].norm()) < 1e-6  # the first three unit vectors, to residual / gap


def test_operators_may_return_the_very_block_they_got():
    class Identity(DiagonalOperator):
        def __call__(self, block: Tensor) -> Tensor:
            return block

    operator = Identity(torch.ones(40, dtype=torch.float64))
    _assert_sound(solve(operator, 9, 2), operator, scale=1)


@pytest.mark.parametrize("block", [1, 2, 5])
def test_any_block_size_works(block):
    operator = DiagonalOperator(hessian_like())
    pairs = solve(operator, 7, 3, block=block)
    ordered = operator.eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:7], ordered[-3:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("spare", [12, 40])
def test_restarts_within_little_memory_lose_nothing(spare):
    operator = DiagonalOperator(hessian_like())
    limit = limit_for(operator, 20 + spare, wanted=20)
    widest = 0

    def observe(state: KrylovState):
        nonlocal widest
        widest = max(widest, len(state.projected))

    pairs = solve(operator, 10, 10, memory_limit=limit, on_block=observe)
    restarted = operator.products
    _assert_sound(pairs, operator, scale=47)
    ordered = operator.eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:10], ordered[-10:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=2e-11)  # residual² / gap
    assert widest <= 20 + spare < restarted - 20  # it did restart


def test_the_basis_stays_orthonormal_and_the_relation_holds_through_restarts():
    operator = DiagonalOperator(hessian_like())
    limit = limit_for(operator, 40, wanted=20)

    def check(state: KrylovState):
        known = len(state.projected)
        basis, frontier = state.basis[:known], state.basis[known:]
        identity = torch.eye(len(state.basis), dtype=torch.float64)
        assert float((state.basis @ state.basis.T - identity).abs().max()) < 1e-13
        defect = basis * operator.eigenvalues - state.projected @ basis
        defect[known - len(state.coupling) :] -= state.coupling @ frontier
        assert float(defect.abs().max()) < 1e-12

    solve(operator, 10, 10, memory_limit=limit, on_block=check)


def test_agrees_with_lapack_on_hessians(problem):
    operator = Hessian(problem.problem)
    values, columns = torch.linalg.eigh(dense_matrix(operator))
    pairs = solve(operator, 5, 3)
    scale = float(values.abs().max())
    expected = torch.cat([values.flip(0)[:5], values.flip(0)[-3:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-13 * scale)
    _assert_sound(pairs, operator, scale)
    # the angle is at most residual / gap (Davis and Kahan)
    for i in range(3):
        gap = float((values.flip(0)[i] - values.flip(0)[[i - 1, i + 1]]).abs().min())
        cosine = float((pairs.eigenvectors[i] @ columns[:, -1 - i]).abs())
        assert math.sqrt(max(0, 1 - cosine**2)) < 2 * TOLERANCE * scale / gap + 1e-7


def _for_arpack(operator):
    return LinearOperator(
        (operator.dimension, operator.dimension),
        matvec=lambda v: operator(torch.from_numpy(v.reshape(1, -1)))[0].numpy(),
        dtype=np.float64,
    )


def test_agrees_with_arpack_with_fewer_products(make_problem):
    case = make_problem("mlp_sigmoid")
    operator = Hessian(case.problem)
    pairs = solve(operator, 6, block=1)
    products, operator.products = operator.products, 0
    linear = _for_arpack(operator)
    scale = float(pairs.eigenvalues[0])
    start = np.random.default_rng(0).standard_normal(operator.dimension)
    # ARPACK's tolerance is relative to each eigenvalue, ours to the largest
    tolerance = TOLERANCE * scale / float(pairs.eigenvalues[-1])
    values, _ = eigsh(linear, k=6, which="LA", tol=tolerance, v0=start)
    np.testing.assert_allclose(pairs.eigenvalues, values[::-1], rtol=0, atol=1e-13 * scale)
    assert products - 6 <= operator.products  # six certify our pairs; ARPACK's are not certified


def test_both_ends_agree_with_arpack(problem):
    operator = Hessian(problem.problem)
    pairs = solve(operator, 4, 3)
    linear = _for_arpack(operator)
    start = np.random.default_rng(0).standard_normal(operator.dimension)
    scale = float(pairs.eigenvalues[0])
    for which, found in (("LA", pairs.eigenvalues[:4]), ("SA", pairs.eigenvalues[4:])):
        values = eigsh(linear, k=len(found), which=which, v0=start, return_eigenvectors=False)
        expected = np.sort(values)[::-1]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * scale)


def test_single_precision_reaches_its_own_floor():
    operator = DiagonalOperator(hessian_like().float())
    pairs = solve(operator, 5, 2, residual_tolerance=2e-5)
    assert pairs.eigenvectors.dtype == torch.float32
    ordered = operator.eigenvalues.sort(descending=True).values
    torch.testing.assert_close(pairs.eigenvalues[:5], ordered[:5], rtol=0, atol=1e-4)
    assert float(pairs.residuals.max()) <= 2e-5 * 47


def test_runs_repeat_exactly_and_leave_the_global_random_state():
    before = torch.get_rng_state()
    first, again = (solve(DiagonalOperator(hessian_like()), 5, 2) for _ in range(2))
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    assert torch.equal(torch.get_rng_state(), before)
