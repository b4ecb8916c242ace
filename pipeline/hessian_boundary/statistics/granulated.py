"""Granulated rank correlation: does a measure follow the error along every setting by itself?

Kendall's τ over all pairs of models can be high because a measure follows one setting, say the
width. Here only models that differ in one setting are compared, and each setting counts as much.
"""

import numpy as np

from hessian_boundary.statistics.knob_pairs import Pairs


def agreement(measure: np.ndarray, error: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return sign(µ_i − µ_j) · sign(e_i − e_j) of each pair (…, pair): 1 agrees, 0 is a tie.

    Both may be of several rankings (…, model).
    """
    one, other = (
        np.sign(values[..., pairs.first] - values[..., pairs.second]) for values in (measure, error)
    )
    return one * other


def granulated_psi(agreements: np.ndarray, axis: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Ψ (line,) = mean over axes a of ψ_a, with ψ_a the weighted mean agreement along a.

    `agreements` and `weights` are (line, pair) or broadcast to it, `axis` (pair,) is the setting in
    which a pair differs. An axis without a pair in a line does not count there; NaN without any.
    Source: Jiang, Neyshabur, Mobahi, Krishnan & Bengio (2020), Fantastic generalization measures
    and where to find them, ICLR, Eq. 5 and 6.
    """
    agreements, weights = np.broadcast_arrays(np.atleast_2d(agreements), np.atleast_2d(weights))
    member = np.equal.outer(axis, np.unique(axis)).astype(float)
    totals, sizes = (agreements * weights) @ member, weights @ member
    known = sizes > 0
    along = np.divide(totals, sizes, out=np.zeros_like(totals), where=known)
    count = known.sum(axis=1)
    sums = along.sum(axis=1)
    return np.divide(sums, count, out=np.full(len(sums), np.nan), where=count > 0)
