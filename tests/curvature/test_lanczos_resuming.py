"""A block Lanczos run that is killed goes on from its saved state with the same result."""

import dataclasses

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator, hessian_like, limit_for, solve
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos import NotConvergedError


class Killed(Exception):  # noqa: N818
    """What the tests kill a run with."""


@pytest.mark.parametrize("blocks", [1, 7, 12, 13, 14, 15])  # with restarts among the last ones
def test_a_killed_run_goes_on_with_the_same_result(blocks):
    eigenvalues = hessian_like()
    options = {"memory_limit": limit_for(DiagonalOperator(eigenvalues), 50, wanted=20)}
    operator = DiagonalOperator(eigenvalues)
    whole = solve(operator, 10, 10, **options)
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
        solve(killed, 10, 10, **options, on_block=save_then_die)
    resumed = DiagonalOperator(eigenvalues)
    pairs = solve(resumed, 10, 10, **options, resume=saved[-1])
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
    assert killed.products + resumed.products == operator.products + 4  # one block twice


def test_a_resumed_run_that_had_converged_takes_only_the_certificate():
    operator = DiagonalOperator(hessian_like())
    states: list[KrylovState] = []
    keep = lambda s: states.append(dataclasses.replace(s, basis=s.basis.clone()))  # noqa: E731
    whole = solve(operator, 4, on_block=keep)
    operator.products = 0
    pairs = solve(operator, 4, resume=states[-1])
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
    assert operator.products == 4


def test_state_of_another_operator_is_refused():
    states: list[KrylovState] = []
    small = DiagonalOperator(hessian_like())
    solve(small, 4, on_block=states.append)
    with pytest.raises(ValueError, match=r"expected a state of 50 parameters, found one of 3000"):
        solve(DiagonalOperator(torch.ones(50, dtype=torch.float64)), 4, resume=states[-1])
    with pytest.raises(NotConvergedError, match=r"state resumed from belongs to another operator"):
        solve(DiagonalOperator(hessian_like().flip(0)), 4, resume=states[-1])


@pytest.mark.parametrize("in_file", [False, True])
def test_a_state_that_is_larger_than_the_room_goes_on_from_its_outermost_vectors(in_file):
    """As on a machine with less memory, or where fewer pairs are asked for than before."""
    eigenvalues, states = hessian_like(), []
    big = DiagonalOperator(eigenvalues)
    keep = lambda s: states.append(dataclasses.replace(s, basis=s.basis.clone()))  # noqa: E731
    solve(big, 10, 10, on_block=keep, memory_limit=1e8)
    state = states[-3]
    small = DiagonalOperator(eigenvalues)
    options = {"memory_limit": limit_for(small, 30, wanted=6)}
    if in_file:
        options = {"memory_limit": limit_for(small, 0, wanted=6), "rows_in_file": 34}
    assert len(state.basis) > 34
    pairs = solve(small, 4, 2, resume=state, **options)
    exact = eigenvalues.sort(descending=True).values
    expected = torch.cat([exact[:4], exact[-2:]])
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-12)
    assert float(pairs.residuals.max()) <= 1e-8 * float(exact[0])
    fresh = DiagonalOperator(eigenvalues)
    solve(fresh, 4, 2, **options)
    assert small.products < fresh.products


@pytest.mark.parametrize("block", [1, 3, 8])
def test_blocks_are_as_wide_as_those_of_the_state(block):
    """A wider frontier would lose what does not fit into a block."""
    operator, states = DiagonalOperator(hessian_like()), []
    keep = lambda s: states.append(dataclasses.replace(s, basis=s.basis.clone()))  # noqa: E731
    whole = solve(operator, 9, block=4, on_block=keep)
    pairs = solve(operator, 9, block=block, resume=states[5])
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
