"""What a known range may take of the memory, and that it is gone when it does not hold."""

import weakref

import pytest
import torch

from helpers.known_ranges import GIVES, all_found, range_problem
from hessian_boundary.curvature import all_eigenpairs as module
from hessian_boundary.curvature.low_rank import known_range as low_rank
from hessian_boundary.curvature.low_rank.known_range import known_range
from hessian_boundary.curvature.low_rank.layer_block import unit_blocks
from hessian_boundary.curvature.low_rank.range_basis import RangeBasis, range_bytes
from hessian_boundary.curvature.operators.hessian import Hessian


def test_too_little_memory_is_no_reason_to_search(monkeypatch):
    def out_of_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr(module, "known_range", out_of_memory)
    with pytest.raises(MemoryError):
        all_found(range_problem(*GIVES["relu"]))


def test_a_basis_that_does_not_fit_is_not_made():
    problem = range_problem(*GIVES["relu"])
    assert known_range(problem, Hessian(problem), 1e-13) is not None
    operator = Hessian(problem)
    assert known_range(problem, operator, 1e-13, memory_limit=1e6) is None
    assert operator.products == 0


def test_a_factor_that_does_not_fit_is_not_made(monkeypatch):
    """Its 75 rows of 930 numbers, two times, beside the basis that has to fit in any case."""
    problem = range_problem(*GIVES["relu"])
    made = []
    monkeypatch.setattr(low_rank, "factor_rows", lambda *_: made.append(1) or torch.ones(5, 930))
    basis = range_bytes(problem.parameters, 152)
    for limit in (basis, basis + 2 * 75 * 930 * 8 - 1):
        operator = Hessian(problem)
        assert known_range(problem, operator, 1e-13, memory_limit=limit) is None
        assert operator.products == 0
    assert not made
    known_range(problem, Hessian(problem), 1e-13, memory_limit=limit + 1)
    assert made


def test_the_blocks_of_units_are_made_where_there_are_some_and_they_fit():
    """What follows ReLU bends nowhere. Of 30 units with 30 inputs and a bias, four arrays."""
    relu, sigmoid = (range_problem(*GIVES[name]) for name in ("relu", "sigmoid"))
    assert unit_blocks(relu, relu.network[2], 0).shape == (30, 0, 31)
    size = 4 * 30 * 31**2 * 8
    assert unit_blocks(sigmoid, sigmoid.network[2], size - 1) is None
    assert unit_blocks(sigmoid, sigmoid.network[2], size).shape == (30, 31, 31)


def test_a_basis_that_does_not_hold_is_gone_when_another_is_searched_for(monkeypatch):
    problem = range_problem(*GIVES["relu"])
    given = []

    def without_its_last_rows(*arguments):
        basis = known_range(*arguments)
        part = RangeBasis(basis.parts[:-1], basis.dimension)
        given.append(weakref.ref(part))
        return part

    def search(*arguments, **options):
        assert given[0]() is None
        return "found"

    monkeypatch.setattr(module, "known_range", without_its_last_rows)
    monkeypatch.setattr(module, "range_eigenpairs", search)
    assert all_found(problem)[0] == "found"
