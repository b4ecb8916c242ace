"""Block Lanczos: known spectra, scipy's ARPACK, LAPACK, true residuals, refusals and resuming."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from pipeline.curvature.dense import dense_matrix
from pipeline.curvature.eigenpairs import MemoryLimitError
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.krylov import KrylovState
from pipeline.curvature.lanczos import (
    WORKSPACE,
    NotConvergedError,
    basis_capacity,
    lanczos_eigenpairs,
)
from pipeline.losses import cross_entropy_per_sample

TOLERANCE = 1e-8
SEED = 5


class DiagonalOperator:
    """diag(λ). To a Krylov space from random vectors it is as general as any symmetric matrix."""

    def __init__(self, eigenvalues: Tensor):
        self.eigenvalues, self.dimension = eigenvalues, len(eigenvalues)
        self.dtype, self.device = eigenvalues.dtype, eigenvalues.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        self.products += len(block)
        return block * self.eigenvalues


def _values(*parts) -> Tensor:
    return torch.cat([torch.as_tensor(part, dtype=torch.float64) for part in parts])


def _hessian_like(size=3000) -> Tensor:
    """Two outliers, graded eigenvalues of both signs, and a bulk near zero."""
    generator = torch.Generator().manual_seed(0)
    up, down = torch.rand(2, 40, generator=generator, dtype=torch.float64)
    bulk = torch.randn(size - 82, generator=generator, dtype=torch.float64)
    return _values([47, 34], 1.3 * up**3, -0.4 * down**2, 1e-3 * bulk)


SPECTRA = {
    "wide spread": (torch.logspace(0, -14, 400, dtype=torch.float64), 20, 0),
    "no gaps": (torch.linspace(-1, 1, 300, dtype=torch.float64), 5, 5),
    "like a Hessian": (_hessian_like(), 10, 5),
    "bottom alone": (_hessian_like(), 0, 6),
    "multiplicity of a block": (_values([5] * 4, [-3] * 4, torch.linspace(-1, 2, 500)), 6, 5),
    "cluster": (_values([5 + 1e-6, 5, 5 - 1e-6], torch.linspace(-1, 4, 200)), 4, 1),
    "low rank": (_values([5, 4, 3, -2, -1], [0] * 300), 4, 3),
    "more pairs than the rank": (_values([5, 4, -1], [0] * 100), 12, 9),
    "zero": (_values([0] * 40), 3, 2),
    "identity": (_values([1] * 40), 9, 2),
    "every pair": (torch.linspace(-1, 1, 30, dtype=torch.float64), 20, 10),
    "a single parameter": (_values([3]), 1, 0),
}


def _solve(operator, k_top, k_bottom=0, **options):
    return lanczos_eigenpairs(operator, k_top=k_top, k_bottom=k_bottom, seed=SEED, **options)


def _limit(operator, capacity, wanted, block=4) -> int:
    """Bytes that leave room for `capacity` basis vectors."""
    rows = capacity + WORKSPACE * block + wanted
    return rows * operator.dimension * operator.dtype.itemsize


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
    pairs = _solve(operator, k_top, k_bottom)
    ordered = eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:k_top], ordered[len(ordered) - k_bottom :]])
    scale = float(eigenvalues.abs().max())
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=2e-14 * scale)
    _assert_sound(pairs, operator, scale)


def test_eigenvectors_of_a_cluster_span_its_space():
    operator = DiagonalOperator(SPECTRA["cluster"][0])
    vectors = _solve(operator, 3).eigenvectors
    assert float(vectors[:, 3:].norm()) < 1e-6  # the first three unit vectors, to residual / gap


def test_operators_may_return_the_very_block_they_got():
    class Identity(DiagonalOperator):
        def __call__(self, block: Tensor) -> Tensor:
            return block

    operator = Identity(torch.ones(40, dtype=torch.float64))
    _assert_sound(_solve(operator, 9, 2), operator, scale=1)


@pytest.mark.parametrize("block", [1, 2, 5])
def test_any_block_size_works(block):
    operator = DiagonalOperator(_hessian_like())
    pairs = _solve(operator, 7, 3, block=block)
    ordered = operator.eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:7], ordered[-3:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("spare", [12, 40])
def test_restarts_within_little_memory_lose_nothing(spare):
    operator = DiagonalOperator(_hessian_like())
    limit = _limit(operator, 20 + spare, wanted=20)
    widest = 0

    def observe(state: KrylovState):
        nonlocal widest
        widest = max(widest, len(state.projected))

    pairs = _solve(operator, 10, 10, memory_limit=limit, on_block=observe)
    restarted = operator.products
    _assert_sound(pairs, operator, scale=47)
    ordered = operator.eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:10], ordered[-10:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=2e-11)  # residual² / gap
    assert widest <= 20 + spare < restarted - 20  # it did restart


def test_the_basis_stays_orthonormal_and_the_relation_holds_through_restarts():
    operator = DiagonalOperator(_hessian_like())
    limit = _limit(operator, 40, wanted=20)

    def check(state: KrylovState):
        known = len(state.projected)
        basis, frontier = state.basis[:known], state.basis[known:]
        identity = torch.eye(len(state.basis), dtype=torch.float64)
        assert float((state.basis @ state.basis.T - identity).abs().max()) < 1e-13
        defect = basis * operator.eigenvalues - state.projected @ basis
        defect[known - len(state.coupling) :] -= state.coupling @ frontier
        assert float(defect.abs().max()) < 1e-12

    _solve(operator, 10, 10, memory_limit=limit, on_block=check)


def test_agrees_with_lapack_on_hessians(problem):
    operator = Hessian(problem.module, problem.x, problem.y, cross_entropy_per_sample)
    values, columns = torch.linalg.eigh(dense_matrix(operator))
    pairs = _solve(operator, 5, 3)
    scale = float(values.abs().max())
    expected = torch.cat([values.flip(0)[:5], values.flip(0)[-3:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-13 * scale)
    _assert_sound(pairs, operator, scale)
    # the angle is at most residual / gap (Davis and Kahan)
    for i in range(3):
        gap = float((values.flip(0)[i] - values.flip(0)[[i - 1, i + 1]]).abs().min())
        cosine = float((pairs.eigenvectors[i] @ columns[:, -1 - i]).abs())
        assert math.sqrt(max(0, 1 - cosine**2)) < 2 * TOLERANCE * scale / gap + 1e-7


def test_agrees_with_arpack_with_fewer_products(make_problem):
    case = make_problem("mlp_sigmoid")
    operator = Hessian(case.module, case.x, case.y, cross_entropy_per_sample)
    pairs = _solve(operator, 6, block=1)
    products, operator.products = operator.products, 0
    linear = LinearOperator(
        (operator.dimension, operator.dimension),
        matvec=lambda v: operator(torch.from_numpy(v.reshape(1, -1)))[0].numpy(),
        dtype=np.float64,
    )
    scale = float(pairs.eigenvalues[0])
    start = np.random.default_rng(0).standard_normal(operator.dimension)
    # ARPACK's tolerance is relative to each eigenvalue, ours to the largest
    tolerance = TOLERANCE * scale / float(pairs.eigenvalues[-1])
    values, _ = eigsh(linear, k=6, which="LA", tol=tolerance, v0=start)
    np.testing.assert_allclose(pairs.eigenvalues, values[::-1], rtol=0, atol=1e-13 * scale)
    assert products - 6 <= operator.products  # six certify our pairs; ARPACK's are not certified


def test_both_ends_agree_with_arpack(problem):
    operator = Hessian(problem.module, problem.x, problem.y, cross_entropy_per_sample)
    pairs = _solve(operator, 4, 3)
    linear = LinearOperator(
        (operator.dimension, operator.dimension),
        matvec=lambda v: operator(torch.from_numpy(v.reshape(1, -1)))[0].numpy(),
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(operator.dimension)
    scale = float(pairs.eigenvalues[0])
    for which, found in (("LA", pairs.eigenvalues[:4]), ("SA", pairs.eigenvalues[4:])):
        values = eigsh(linear, k=len(found), which=which, v0=start, return_eigenvectors=False)
        expected = np.sort(values)[::-1]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * scale)


def test_single_precision_reaches_its_own_floor():
    operator = DiagonalOperator(_hessian_like().float())
    pairs = _solve(operator, 5, 2, residual_tolerance=2e-5)
    assert pairs.eigenvectors.dtype == torch.float32
    ordered = operator.eigenvalues.sort(descending=True).values
    torch.testing.assert_close(pairs.eigenvalues[:5], ordered[:5], rtol=0, atol=1e-4)
    assert float(pairs.residuals.max()) <= 2e-5 * 47


def test_runs_repeat_exactly_and_leave_the_global_random_state():
    before = torch.get_rng_state()
    first, again = (_solve(DiagonalOperator(_hessian_like()), 5, 2) for _ in range(2))
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    assert torch.equal(torch.get_rng_state(), before)


# resuming


class Killed(Exception):  # noqa: N818
    """What the tests kill a run with."""


@pytest.mark.parametrize("blocks", [1, 7, 12, 13, 14, 15])  # with restarts among the last ones
def test_a_killed_run_goes_on_with_the_same_result(blocks):
    eigenvalues = _hessian_like()
    options = {"memory_limit": _limit(DiagonalOperator(eigenvalues), 50, wanted=20)}
    operator = DiagonalOperator(eigenvalues)
    whole = _solve(operator, 10, 10, **options)
    rows = torch.empty(0, len(eigenvalues), dtype=torch.float64)
    saved: list[KrylovState] = []

    def save_then_die(state: KrylovState):
        nonlocal rows
        if len(saved) == blocks:
            raise Killed  # after the products of this block, before it could be saved
        rows = torch.cat([rows[: state.changed], state.basis[state.changed :]])  # as a file would
        saved.append(dataclasses.replace(state, basis=rows))

    killed = DiagonalOperator(eigenvalues)
    with pytest.raises(Killed):
        _solve(killed, 10, 10, **options, on_block=save_then_die)
    resumed = DiagonalOperator(eigenvalues)
    pairs = _solve(resumed, 10, 10, **options, resume=saved[-1])
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
    assert killed.products + resumed.products == operator.products + 4  # one block twice


def test_a_resumed_run_that_had_converged_takes_only_the_certificate():
    operator = DiagonalOperator(_hessian_like())
    states: list[KrylovState] = []
    keep = lambda s: states.append(dataclasses.replace(s, basis=s.basis.clone()))  # noqa: E731
    whole = _solve(operator, 4, on_block=keep)
    operator.products = 0
    pairs = _solve(operator, 4, resume=states[-1])
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
    assert operator.products == 4


def test_state_of_another_operator_is_refused():
    states: list[KrylovState] = []
    small = DiagonalOperator(_hessian_like())
    _solve(small, 4, on_block=states.append)
    with pytest.raises(ValueError, match=r"expected a state of 50 parameters .*, found 3000 and"):
        _solve(DiagonalOperator(torch.ones(50, dtype=torch.float64)), 4, resume=states[-1])
    with pytest.raises(ValueError, match=r"at least the same memory limit"):
        _solve(small, 4, resume=states[-1], memory_limit=_limit(small, 16, wanted=4))
    with pytest.raises(NotConvergedError, match=r"state resumed from belongs to another operator"):
        _solve(DiagonalOperator(_hessian_like().flip(0)), 4, resume=states[-1])


# refusals


def test_memory_is_estimated_before_the_first_product():
    operator = DiagonalOperator(torch.ones(10_000, dtype=torch.float64))
    message = r"at least 0\.0048 GB for 10 eigenpairs of 10,000 .* blocks of 4, found 0\.004 GB"
    with pytest.raises(MemoryLimitError, match=message):
        _solve(operator, 10, memory_limit=4e6)
    assert operator.products == 0
    needed = _limit(operator, 10 + 3 * 4, wanted=10)
    assert basis_capacity(operator, 10, 4, needed) == 22
    with pytest.raises(MemoryLimitError):
        basis_capacity(operator, 10, 4, needed - 1)
    assert basis_capacity(operator, 10, 4, math.inf) == 10_000


PEAK = """
import torch
from pipeline.curvature.lanczos import lanczos_eigenpairs
from tests.test_lanczos import DiagonalOperator, _hessian_like
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
torch.set_num_threads(1)
lanczos_eigenpairs(DiagonalOperator(_hessian_like(1000)), k_top=4, seed=0)
operator = DiagonalOperator(_hessian_like(200_000))
before = peak()
lanczos_eigenpairs(operator, k_top=8, k_bottom=8, seed=0, memory_limit=128e6)
print(peak() - before)
"""


def test_peak_memory_is_within_the_limit():
    run = subprocess.run(
        [sys.executable, "-c", PEAK], capture_output=True, text=True, check=True, timeout=60
    )
    assert 64e6 < int(run.stdout) < 128e6


def test_pairs_that_did_not_converge_are_never_returned():
    operator = DiagonalOperator(_hessian_like())
    message = r"expected 20 eigenpairs .* from 61 products, found \d+ of 20 .*raise maximum_prod"
    with pytest.raises(NotConvergedError, match=message):
        _solve(operator, 10, 10, maximum_products=61)
    assert operator.products == 60
    with pytest.raises(NotConvergedError, match=r"0 of 20 pairs converged;"):
        _solve(operator, 10, 10, maximum_products=8)


@pytest.mark.parametrize(("k_top", "k_bottom"), [(0, 0), (-1, 3), (2, -1), (6, 5)])
def test_impossible_numbers_of_pairs_are_refused(k_top, k_bottom):
    operator = DiagonalOperator(torch.ones(10, dtype=torch.float64))
    message = rf"between 1 and 10 eigenpairs, found {k_top} at the top and {k_bottom} at the bottom"
    with pytest.raises(ValueError, match=message):
        _solve(operator, k_top, k_bottom)


def test_tolerance_below_round_off_is_refused():
    with pytest.raises(ValueError, match=r"at least 1\.2e-05 for torch\.float32, found 1\.0e-08"):
        _solve(DiagonalOperator(torch.ones(10)), 1)
    with pytest.raises(ValueError, match=r"at least 2\.2e-14 for torch\.float64, found 1\.0e-14"):
        _solve(DiagonalOperator(torch.ones(10).double()), 1, residual_tolerance=1e-14)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_products_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        _solve(DiagonalOperator(_values([1, 2, bad, 3], [0] * 20)), 2)


def test_progress_tells_how_many_converged_and_the_worst_residual(capsys, monkeypatch):
    monkeypatch.setattr("pipeline.progress.time.monotonic", iter(range(0, 10**6, 10)).__next__)
    _solve(DiagonalOperator(_hessian_like()), 5)
    last = capsys.readouterr().err.splitlines()[-1]
    assert "5 of 5 pairs converged, worst residual" in last
