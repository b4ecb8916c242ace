"""How many eigenvalues of a Hessian stand out of its bulk, by rule instead of by eye.

Two rules that share no assumption; each has an interval from a stated range of its parameters.

`gap`: where is the widest gap, compared with the bulk below it? It uses positive eigenvalues only
and assumes that the bulk's density falls off like a power law at most.

`edge`: how many eigenvalues lie above the mirror image of the negative ones? It assumes a bulk
that is symmetric about zero, and nothing about its shape.

PAPER: the paper counts by eye (Section 3, 2 outliers for gaussian/normal) and its code by
thresholds set by hand for each data set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, nan
from typing import Literal

import numpy as np

from hessian_boundary.measures.g_theta import AT_LEAST

Rule = Literal["gap", "edge"]

# |eigenvalue| / largest below which nothing is known: the rank tolerance of the spectra
RANK_TOLERANCE = 1e-12

LARGEST_COUNT = 20  # gap: more than C² = 16 outliers of the four classes of `hierarchical`
# gap: how many eigenvalues below a gap say how the bulk decays; (least, used, most)
WINDOWS = (25, 50, 100)
EXPECTED_GAP = 1.0  # gap: mean score of the top gap of a power-law bulk
CERTAIN_GAP = log(21)  # gap: score that some gap of such a bulk exceeds in 1 of 20 spectra
FLATTEST_BULK = 1e-9  # gap: smallest decay that differs from equal eigenvalues with round-off

# edge: times |most negative eigenvalue|; (least, used, most), see `edge_rule`
EDGE_FACTORS = (1.0, 1.25, 2.0)


@dataclass(frozen=True)
class OutlierCount:
    """The number of outliers, how far it depends on the rule's parameters, and the cut.

    All are NaN where the rule says nothing about a spectrum.
    """

    count: float  # a whole number
    low: float  # smallest and largest count over the stated range of parameters
    high: float
    # score of the gap that separates the outliers / largest other score: above 1 if it is the
    # widest, near 1 if it is one of several, NaN if there are no outliers or nothing to compare
    clarity: float
    threshold: float  # outliers are the eigenvalues above it; NaN where nothing separates


def count_outliers(eigenvalues: np.ndarray, rule: Rule) -> OutlierCount:
    """Count the outliers of a spectrum (eigen,), in any order, by `gap_rule` or `edge_rule`.

    Eigenvalues of size ≤ 1e-12 of the largest are round-off and left out, as a null space is.

    Raises ValueError for another rule, and for what is not a vector of finite numbers.
    """
    if rule not in RULES:
        raise ValueError(f"expected a rule among {tuple(RULES)}, found {rule!r}")
    values = np.asarray(eigenvalues, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(
            f"expected a vector of finite eigenvalues, found shape {values.shape} with "
            f"{int((~np.isfinite(values)).sum())} NaN or infinite; leave out diverged models"
        )
    size = np.abs(values)
    resolved = values[size > RANK_TOLERANCE * size.max(initial=0.0)]
    return RULES[rule](np.sort(resolved)[::-1])


def gap_rule(eigenvalues: np.ndarray) -> OutlierCount:
    """Cut at the gap that is widest relative to the decay of the bulk below it.

    With the positive eigenvalues λ_1 ≥ λ_2 ≥ …, the gap below rank m has the score

        s_m = log(λ_m / λ_{m+1}) / γ_m,    γ_m = (1/K) Σ_{i=1…K} log(λ_{m+i} / λ_{m+K+1}),

    and the count is the m ≤ 20 with the largest score, or 0 if no score reaches 1. The ratio of
    neighbours is that of Ahn & Horenstein (2013, Econometrica 81, 1203). γ_m is Hill's estimate
    (1975, Ann. Stat. 3, 1163) of the exponent in a bulk λ_j ∝ j^−γ. Among independent eigenvalues
    with such a tail, j log(λ_j / λ_{j+1}) are independent and exponential with mean γ (Rényi 1953,
    Acta Math. Hung. 4, 191): the bulk's own top gap has mean score 1, and some gap exceeds a score
    t with probability at most Σ_m exp(−m t) = 1 / (exp(t) − 1), 5 % for t = log 21 (7 % with γ_m
    in place of γ). Bulks with an edge (semicircle, Marchenko–Pastur) or with an exponential decay
    have much smaller scores. The other side of this caution: outliers within a factor exp(γ) of
    the bulk's top are not seen.

    The count alone is thus no evidence of outliers: of 1,000 bulks of 200 to 3,000 independent
    power-law eigenvalues and no outliers it found at least one in 58 to 61 %, and two or more in
    22 to 26 %, whatever the exponent; `low` found any in 5 to 8 %.

    low, high: K = 25 and 100 in place of 50, and log 21 in place of 1 (0 if no gap is as wide).
    Of n ≤ 40 positive eigenvalues at most (n − 1) / 2 count; with n ≤ m + K the sum is over the
    n − m − 1 that there are.
    """
    positive = eigenvalues[eigenvalues > 0]
    largest = min(LARGEST_COUNT, (len(positive) - 1) // 2)
    if largest < 1:
        return OutlierCount(0, 0, 0, nan, nan)
    scores = {window: _gap_scores(positive, largest, window) for window in WINDOWS}
    chosen = scores[WINDOWS[1]]
    counts = [_widest(score, EXPECTED_GAP) for score in scores.values()]
    counts.append(_widest(chosen, CERTAIN_GAP))
    count = counts[1]
    logarithms = np.log(positive)
    cut = exp((logarithms[count - 1] + logarithms[count]) / 2) if count else nan
    return OutlierCount(count, min(counts), max(counts), _clarity(chosen, count), cut)


def edge_rule(eigenvalues: np.ndarray) -> OutlierCount:
    """Count the eigenvalues above 1.25 |λ_min|: beyond the mirror image of the negative ones.

    H = F + K, with F the Gauss–Newton part, which is positive semidefinite, and K the curvature
    of the logits, weighted by the residuals. The outliers are F's (Sagun et al. 2017,
    arXiv:1706.04454; Papyan 2019, ICML), the bulk around zero is mostly K's. In a ReLU network the
    logits are linear in each layer's weights almost everywhere, so K has no block on its diagonal:
    its trace is 0, and with one hidden layer its eigenvalues come in pairs ±λ. An eigenvalue above
    λ_max(K), which is |λ_min(K)| by symmetry, needs F. By Weyl's inequality this edge is at least
    |λ_min(H)|. In seven networks of this study, with K diagonalised by itself, it was 1.00 to 1.23
    times as large for the 2-D data sets and 1.99 times for toy1d.

    low, high: the eigenvalues above 2 |λ_min| and |λ_min|. The count is NaN where no eigenvalue is
    negative (Gauss–Newton and covariance matrices, a partial spectrum without its lower end).
    """
    positive = eigenvalues[eigenvalues > 0]
    mirrored = -float(eigenvalues.min(initial=0.0))
    if not mirrored:
        unknown = nan if len(positive) else 0
        return OutlierCount(unknown, unknown, unknown, nan, nan)
    most, count, least = (int((positive > factor * mirrored).sum()) for factor in EDGE_FACTORS)
    compared = min(max(LARGEST_COUNT, count), len(positive) - 2)
    scores = _gap_scores(positive, compared, WINDOWS[1])
    return OutlierCount(count, least, most, _clarity(scores, count), EDGE_FACTORS[1] * mirrored)


RULES: dict[Rule, Callable[[np.ndarray], OutlierCount]] = {"gap": gap_rule, "edge": edge_rule}


def outlier_measures(
    eigenvalues: np.ndarray, complete: bool = True, lower_end: bool = True
) -> dict[str, float]:
    """Return the count of each rule, outliers_gap and outliers_edge, with its interval.

    The ends are outliers_gap_low, outliers_gap_high, outliers_edge_low and outliers_edge_high.
    Of a spectrum that is not `complete` all six are NaN, and outliers_edge_at_least counts what is
    known: the eigenvalues that were computed and lie beyond the edge. It takes the most negative
    eigenvalue to be among them; with `lower_end` False, and for the gap rule, which compares with
    the bulk, nothing is known but that there are 0 at least.
    """
    counts = {rule: count_outliers(eigenvalues, rule) for rule in RULES}
    found = {
        f"outliers_{rule}{suffix}": float(value)
        for rule, count in counts.items()
        for suffix, value in (("", count.count), ("_low", count.low), ("_high", count.high))
    }
    if complete:
        return found
    beyond = found["outliers_edge"] if lower_end else nan
    known = {"gap": 0.0, "edge": 0.0 if np.isnan(beyond) else beyond}
    bounds = {f"outliers_{rule}{AT_LEAST}": count for rule, count in known.items()}
    return dict.fromkeys(found, nan) | bounds


def _gap_scores(positive: np.ndarray, largest: int, window: int) -> np.ndarray:
    """Return s_m of `gap_rule` for m = 1 … largest, of positive eigenvalues in descending order."""
    logarithms = np.log(positive)
    scores = []
    for m in range(1, largest + 1):
        end = min(m + window, len(positive) - 1)
        decay = logarithms[m:end].mean() - logarithms[end]
        scores.append((logarithms[m - 1] - logarithms[m]) / max(decay, FLATTEST_BULK))
    return np.array(scores)


def _widest(scores: np.ndarray, required: float) -> int:
    return int(scores.argmax()) + 1 if scores.max() >= required else 0


def _clarity(scores: np.ndarray, count: int) -> float:
    if not 1 <= count <= len(scores) or len(scores) < 2:
        return nan
    other = np.delete(scores, count - 1).max()
    return float(scores[count - 1] / other) if other else inf
