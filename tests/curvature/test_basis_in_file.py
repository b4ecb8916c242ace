"""A Krylov basis that memory does not hold: the same steps in a temporary file."""

import os
import subprocess

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator, hessian_like, limit_for, solve
from helpers.scripts import script
from hessian_boundary.curvature.solvers import basis_room, basis_rows
from hessian_boundary.curvature.solvers.basis_rows import BasisRows
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.mixed_lanczos import mixed_lanczos_eigenpairs


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """Many slices, a ragged last one."""
    monkeypatch.setattr(basis_rows, "SLICE_BYTES", 2**16)


def _little(operator):
    return limit_for(operator, 32, wanted=20)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_rows_in_a_file_are_what_rows_in_memory_are(dtype):
    torch.manual_seed(0)
    given, block = torch.randn(7, 9001, dtype=dtype), torch.randn(3, 9001, dtype=dtype)
    rotation = torch.randn(4, 7, dtype=torch.float64)
    store = BasisRows(9, 9001, dtype, torch.device("cpu"), in_file=True)
    store.put(0, given)
    exact, near = given.double(), {"rtol": 0, "atol": 2e-12 if dtype == torch.float64 else 2e-3}
    assert torch.equal(store.rows[:7], given)
    inner = store.inner_products(block, 7)
    torch.testing.assert_close(inner, block.double() @ exact.T, **near)
    rest = store.subtract(block, inner)
    torch.testing.assert_close(rest.double(), block.double() - inner @ exact, **near)
    torch.testing.assert_close(store.combinations(rotation).double(), rotation @ exact, **near)
    assert torch.equal(store.rows[:7], given)
    assert torch.equal(store.take(2, 5), given[2:5])
    store.rotate(rotation)
    store.let_go()
    torch.testing.assert_close(store.rows[:4].double(), rotation @ exact, **near)
    assert torch.equal(store.rows[4:7], given[4:])


def test_a_file_saves_the_products_of_restarts(capsys):
    plenty, little, with_file = (DiagonalOperator(hessian_like()) for _ in range(3))
    expected = solve(plenty, 10, 10)
    solve(little, 10, 10, memory_limit=_little(little))
    found = solve(with_file, 10, 10, memory_limit=_little(little), rows_in_file=1000)
    assert "memory holds 32 vectors of the basis; a temporary file" in capsys.readouterr().err
    assert with_file.products == plenty.products < little.products
    torch.testing.assert_close(found.eigenvalues, expected.eigenvalues, rtol=0, atol=1e-12)


def test_with_a_file_memory_holds_what_stands_beside_the_basis(capsys):
    operator = DiagonalOperator(hessian_like())
    limit = limit_for(operator, 0, wanted=20)
    expected = solve(DiagonalOperator(hessian_like()), 10, 10)
    found = solve(operator, 10, 10, memory_limit=limit, rows_in_file=400)
    assert "memory holds 0 vectors of the basis; a temporary file" in capsys.readouterr().err
    torch.testing.assert_close(found.eigenvalues, expected.eigenvalues, rtol=0, atol=1e-12)
    # neither has room: too few vectors in the file, too little memory beside it, or no disk
    for memory, rows in [(limit, 20 + 3 * 4 + 3), (limit - 1, 400), (limit, 0)]:
        operator = DiagonalOperator(hessian_like())
        with pytest.raises(MemoryLimitError, match=r"at least 0\.00192 GB for the vectors of 20"):
            solve(operator, 10, 10, memory_limit=memory, rows_in_file=rows)
        assert operator.products == 0
    for capacity in (0, 30):  # the second: not twice as many in the file, but enough
        limit = limit_for(operator, capacity, wanted=20)
        solve(operator, 10, 10, memory_limit=limit, rows_in_file=20 + 3 * 4 + 4)


def test_what_float64_will_need_is_asked_before_any_product_in_float32():
    single, double = DiagonalOperator(hessian_like().float()), DiagonalOperator(hessian_like())
    # 6 pairs in a block of 6: 48 vectors beside the basis, 24 of it, and 12 to start from
    options = {"k_top": 6, "seed": 5, "residual_tolerance": 1e-9}
    for vectors, rows in [(83, 0), (59, 400), (72, 29)]:
        limit = vectors * 8 * double.dimension
        with pytest.raises(MemoryLimitError, match="of 3,000 parameters in blocks of 6"):
            mixed_lanczos_eigenpairs(
                single, double, **options, memory_limit=limit, rows_in_file=rows
            )
        assert single.products == double.products == 0
    for vectors, rows in [(84, 0), (60, 400), (72, 30)]:
        limit = vectors * 8 * double.dimension
        mixed_lanczos_eigenpairs(single, double, **options, memory_limit=limit, rows_in_file=rows)


def test_a_full_file_is_restarted(capsys):
    operator = DiagonalOperator(hessian_like())
    found = solve(operator, 10, 10, memory_limit=_little(operator), rows_in_file=72)
    assert "68 at most" in capsys.readouterr().err
    assert operator.products > 100
    ordered = operator.eigenvalues.sort(descending=True).values
    expected = torch.cat([ordered[:10], ordered[-10:]])
    torch.testing.assert_close(found.eigenvalues, expected, rtol=0, atol=2e-11)


def test_products_in_single_precision_use_a_file_too(capsys):
    double = DiagonalOperator(hessian_like())
    single = DiagonalOperator(hessian_like().float())
    options = {"residual_tolerance": 1e-9, "memory_limit": 2e6, "rows_in_file": 400}
    found = mixed_lanczos_eigenpairs(single, double, k_top=6, seed=5, **options)
    assert "a temporary file takes them" in capsys.readouterr().err
    expected = double.eigenvalues.sort(descending=True).values[:6]
    torch.testing.assert_close(found.eigenvalues, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("full", ["before", "meanwhile"])
def test_a_full_disk_leaves_the_basis_in_memory(full, monkeypatch, capsys):
    def refused(*_):
        raise OSError("No space left on device")

    if full == "before":
        monkeypatch.setattr(basis_room, "room", lambda: 10_000)
    else:
        monkeypatch.setattr(os, "posix_fallocate", refused)
    operator, without = (DiagonalOperator(hessian_like()) for _ in range(2))
    solve(operator, 10, 10, memory_limit=_little(operator), rows_in_file=1000)
    solve(without, 10, 10, memory_limit=_little(operator))
    assert operator.products == without.products
    said = capsys.readouterr().err
    assert "a temporary file takes" not in said
    assert ("No space left on device" in said) == (full == "meanwhile")


def test_saved_states_have_room_on_the_disk_too(monkeypatch, capsys):
    operator = DiagonalOperator(hessian_like())
    monkeypatch.setattr(basis_room, "room", lambda: 8 * operator.dimension * 3 * 100)
    for options, at_most in [({}, 296), ({"on_block": lambda state: None}, 96)]:
        limit = _little(operator)
        solve(operator, 10, 10, memory_limit=limit, rows_in_file=1000, **options)
        assert f"a temporary file takes them, {at_most} at most" in capsys.readouterr().err


PEAK = """
import torch
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from helpers.diagonal_operators import DiagonalOperator, hessian_like, limit_for
from helpers.peak_memory import give_back_at_once, peak_memory
give_back_at_once()
torch.set_num_threads(1)
lanczos_eigenpairs(DiagonalOperator(hessian_like(1000)), k_top=4, seed=0)
operator = DiagonalOperator(hessian_like(1_000_000))
limit = limit_for(operator, 16 + 6, wanted=16, block=2)
before = peak_memory()
lanczos_eigenpairs(
    operator, k_top=8, k_bottom=8, seed=0, block=2, memory_limit=limit, rows_in_file=200
)
print(peak_memory() - before, limit, 8 * 1_000_000 * operator.products)
"""


def test_what_is_in_the_file_is_not_held_by_the_process():
    run = subprocess.run(script(PEAK), capture_output=True, text=True, check=True, timeout=300)
    peak, limit, basis = map(int, run.stdout.split())
    assert "a temporary file takes them" in run.stderr
    assert peak < limit + 2**24 < 0.8 * basis
