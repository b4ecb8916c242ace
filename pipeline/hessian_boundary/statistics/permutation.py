"""Do two measures order groups of runs alike? A permutation test whose unit is the group."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

PERMUTATIONS = 10_000  # enumerated up to so many, else so many are drawn


def signs(values: np.ndarray) -> np.ndarray:
    """Return the signs of all differences, s_ij = sign(v_i − v_j); of equal infinities 0."""
    return np.greater.outer(values, values).astype(float) - np.less.outer(values, values)


def mean_signs(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return, for each two groups, the mean sign of the differences between their members.

    The groups come in sorted order. Their sizes may differ: each group counts as one.
    """
    member = np.equal.outer(np.unique(groups), groups).astype(float)
    member /= member.sum(axis=1, keepdims=True)
    return member @ signs(values) @ member.T


def permutation_p(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], draw: np.random.Generator
) -> float:
    """Return the two-sided p of T = Σ_d Σ_cc' X_cc' Y_cc', summed over blocks d (data sets).

    `pairs` has for each block the antisymmetric matrices X and Y of its groups. Under the null
    the groups of a block are exchangeable, so Y is reordered, X stays (Mantel 1967; with mean
    signs T is Kendall's τ of the groups but for its scale, Daniels 1944). All orders are counted
    where they are few, else orders are drawn and the observed one is added, lest p be zero
    (Phipson & Smyth 2010).
    """
    exact = math.prod(math.factorial(len(x)) for x, _ in pairs) <= PERMUTATIONS
    observed = sum(float(np.sum(x * y)) for x, y in pairs)
    totals = np.zeros(1)
    for x, y in pairs:
        places = range(len(x))
        if exact:
            orders = np.array(list(itertools.permutations(places)))
        else:
            orders = draw.permuted(np.tile(places, (PERMUTATIONS, 1)), axis=1)
        sums = np.sum(x * y[orders[:, :, None], orders[:, None, :]], axis=(1, 2))
        totals = np.add.outer(totals, sums).ravel() if exact else totals + sums
    if not exact:
        totals = np.append(totals, observed)
    return float(np.mean(np.abs(totals) >= abs(observed) - 1e-9))
