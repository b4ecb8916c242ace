"""How large a difference over runs is, how sure, and what several such tests say together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, norm, ttest_1samp

LEVEL = 0.95
QUANTILES = 2_000  # of the chi distribution
ENOUGH = 5  # runs without any spread that are certain: a t test of so many with a little has p ≈ 0


@dataclass(frozen=True)
class Effect:
    """A mean difference in units of its standard deviation, with a 95 % interval, and its p.

    All NaN for fewer than two runs.
    """

    size: float
    low: float
    high: float
    p: float


UNKNOWN = Effect(math.nan, math.nan, math.nan, math.nan)


def paired_effect(differences: Sequence[float]) -> Effect:
    """Return d = mean / sample standard deviation of differences between paired runs.

    p is that of the two-sided one-sample t test. The interval inverts the noncentral t
    distribution (Steiger & Fouladi 1997): √n d is noncentral t with n − 1 degrees of freedom and
    noncentrality √n δ. Of differences that are all the same, and not zero, d is infinite. A t test
    would call even two of them certain, so p is that of the sign test, 2^(1−n), for fewer than
    five; for more it is 0, the limit of the t test as the spread goes to 0.
    """
    values = np.asarray(differences, dtype=float)
    count = len(values)
    if count < 2:
        return UNKNOWN
    mean, deviation = values.mean(), values.std(ddof=1)
    if deviation <= 1e-12 * abs(mean):
        size = math.copysign(math.inf, mean) if mean else 0.0
        p = 1.0 if not mean else 2.0 ** (1 - count) if count < ENOUGH else 0.0
        return Effect(size, size, size, p)
    t, tail = math.sqrt(count) * mean / deviation, (1 - LEVEL) / 2
    low, high = (_noncentrality(t, count - 1, share) for share in (1 - tail, tail))
    scale = 1 / math.sqrt(count)
    p = float(ttest_1samp(values, 0).pvalue)
    return Effect(mean / deviation, low * scale, high * scale, p)


def _noncentrality(t: float, freedom: int, share: float) -> float:
    """Return the noncentrality δ at which a share of the distribution lies below t.

    T = (Z + δ) / S with S² = χ² / freedom, so that share is the mean of Φ(t S − δ) over S. Here by
    quantiles of S, as scipy's `nct` gives NaN far from t.
    """
    steps = (np.arange(QUANTILES) + 0.5) / QUANTILES
    products = t * np.sqrt(chi2.ppf(steps, freedom) / freedom)
    ends = products.min() - 10, products.max() + 10
    return float(brentq(lambda delta: norm.cdf(products - delta).mean() - share, *ends))


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values adjusted for each other (Holm 1979, Scand. J. Stat. 6, 65); NaN stay.

    The i-th smallest of m is multiplied by m − i + 1, and none may be smaller than one before it.
    """
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted = values.copy()
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return adjusted.tolist()
