"""What block Lanczos refuses: too little memory or too few products, impossible requests, NaN."""

import math
import subprocess

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator, hessian_like, joined, limit_for, solve
from helpers.scripts import script
from hessian_boundary.curvature.solvers.basis_room import basis_capacity
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos import NotConvergedError


def test_memory_is_estimated_before_the_first_product():
    operator = DiagonalOperator(torch.ones(10_000, dtype=torch.float64))
    message = (
        r"at least 0\.0048 GB for the vectors of 10 eigenpairs of 10,000 .* blocks of 4, found "
        r"0\.004 GB, .*; raise it, or ask for 5 pairs at most"
    )
    with pytest.raises(MemoryLimitError, match=message):
        solve(operator, 10, memory_limit=4e6)
    assert operator.products == 0
    solve(operator, 5, memory_limit=4e6)
    with pytest.raises(MemoryLimitError):
        solve(operator, 6, memory_limit=4e6)
    needed = limit_for(operator, 10 + 3 * 4, wanted=10)
    assert basis_capacity(operator, 10, 4, needed) == 22
    with pytest.raises(MemoryLimitError):
        basis_capacity(operator, 10, 4, needed - 1)
    assert basis_capacity(operator, 10, 4, math.inf) == 10_000


PEAK = """
import torch
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from helpers.diagonal_operators import DiagonalOperator, hessian_like
from helpers.peak_memory import give_back_at_once, peak_memory
give_back_at_once()
torch.set_num_threads(1)
lanczos_eigenpairs(DiagonalOperator(hessian_like(1000)), k_top=4, seed=0)
operator = DiagonalOperator(hessian_like(200_000))
before = peak_memory()
lanczos_eigenpairs(operator, k_top=8, k_bottom=8, seed=0, memory_limit=128e6)
print(peak_memory() - before)
"""


def test_peak_memory_is_within_the_limit():
    run = subprocess.run(script(PEAK), capture_output=True, text=True, check=True, timeout=60)
    assert 64e6 < int(run.stdout) < 128e6 + 1e6  # what Python takes for itself


def test_pairs_that_did_not_converge_are_never_returned():
    operator = DiagonalOperator(hessian_like())
    message = r"expected 20 eigenpairs .* from 61 products, found \d+ of 20 .*raise maximum_prod"
    with pytest.raises(NotConvergedError, match=message):
        solve(operator, 10, 10, maximum_products=61)
    assert operator.products == 60
    with pytest.raises(NotConvergedError, match=r"0 of 20 pairs converged;"):
        solve(operator, 10, 10, maximum_products=8)


@pytest.mark.parametrize(("k_top", "k_bottom"), [(0, 0), (-1, 3), (2, -1), (6, 5)])
def test_impossible_numbers_of_pairs_are_refused(k_top, k_bottom):
    operator = DiagonalOperator(torch.ones(10, dtype=torch.float64))
    message = rf"between 1 and 10 eigenpairs, found {k_top} at the top and {k_bottom} at the bottom"
    with pytest.raises(ValueError, match=message):
        solve(operator, k_top, k_bottom)


def test_tolerance_below_round_off_is_refused():
    with pytest.raises(ValueError, match=r"at least 1\.2e-05 for torch\.float32, found 1\.0e-08"):
        solve(DiagonalOperator(torch.ones(10)), 1)
    with pytest.raises(ValueError, match=r"at least 2\.2e-14 for torch\.float64, found 1\.0e-14"):
        solve(DiagonalOperator(torch.ones(10).double()), 1, residual_tolerance=1e-14)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_products_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        solve(DiagonalOperator(joined([1, 2, bad, 3], [0] * 20)), 2)


def test_progress_tells_how_many_converged_and_the_worst_residual(capsys, monkeypatch):
    monkeypatch.setattr(
        "hessian_boundary.runtime.progress.time.monotonic", iter(range(0, 10**6, 10)).__next__
    )
    solve(DiagonalOperator(hessian_like()), 5)
    lines = [line for line in capsys.readouterr().err.splitlines() if "converged" in line]
    assert "5 of 5 pairs converged, worst residual" in lines[-1]
