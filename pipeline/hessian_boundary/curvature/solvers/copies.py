"""Eigenvalues that occur several times: how many copies a Krylov space can tell of, and has."""

import sys
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import Ritz


def with_all_copies(
    pairs: Eigenpairs,
    run: Callable[[int], Eigenpairs],
    block: int,
    wanted: int,
) -> Eigenpairs:
    """Return the pairs that blocks of some width have found, or those of runs with wider blocks.

    A block of b vectors finds b copies of an eigenvalue. Where it has found as many there may be
    more, and `run` is called with wider ones; only if memory does not allow that,
    `copies_may_be_missing` says so. A block of 1 finds every eigenvalue once, and cannot tell.
    """
    while 1 < block < wanted and block <= pairs.cluster:
        block = min(2 * block, wanted)
        print(f"an eigenvalue occurs often: again with blocks of {block}", file=sys.stderr)
        try:
            pairs = run(block)
        except MemoryLimitError as error:
            print(f"{error}\ncopies of it may be missing", file=sys.stderr)
            return replace(pairs, copies_may_be_missing=True)
    return pairs


def largest_cluster(ritz: Ritz, tolerance: float, top: int) -> int:
    """Return how many neighbours among Ritz values θ cannot be told apart.

    Copies that a Krylov space has of one eigenvalue are off by no more than their residuals r, nor
    than r²/d, where d is how far the other eigenvalues are (Kato and Temple). So two neighbours are
    told apart when they differ by more than the smaller of r_1 + r_2 and 4 (r_1² + r_2²)/d: d is
    taken from Ritz values, whence the 4. What is not larger than twice the tolerance, relative to
    max |θ|, is the null space. That counts only where, of the `top` first pairs or the others, one
    further inside is not of it: with more copies of 0 it would not have been found.
    """
    counted = ritz.values.abs() > 2 * tolerance * ritz.scale
    if not counted.any():
        return 0
    zeros = max(_zeros_outside(counted[:top]), _zeros_outside(counted[top:].flip(0)))
    values, errors = ritz.values[counted], ritz.residuals[counted]
    distance = torch.minimum(ritz.above[counted][:-1], ritz.below[counted][1:])
    squares = 4 * (errors[:-1].square() + errors[1:].square()) / distance
    allowed = torch.minimum(errors[:-1] + errors[1:], squares)
    allowed += ritz.round_off
    largest = size = 1
    for separate in (values[:-1] - values[1:] > allowed).tolist():
        size = 1 if separate else size + 1
        largest = max(largest, size)
    return max(largest, zeros)


def _zeros_outside(resolved: Tensor) -> int:
    """Return how many pairs of the null space come before the last one that is resolved (k,)."""
    last = int(resolved.nonzero().max()) if resolved.any() else 0
    return int((~resolved[:last]).sum())
