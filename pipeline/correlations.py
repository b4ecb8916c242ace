"""Which measures grow with the complexity of the boundary: rank correlations over models."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.randomness import derive_seed

RESAMPLES = 400
LEVEL = 0.95


def rank_correlations(
    measures: pd.DataFrame, reference: str, others: Sequence[str]
) -> pd.DataFrame:
    """Return Kendall's τ_b of `reference` with each other measure, within data sets and pooled.

    `measures` is tidy (dataset, training, seed, status, measure, value); diverged runs have no
    values. The interval is the bootstrap's, of models drawn with replacement, at 95 %. The pooled
    τ ranks models within their data set only: pairs of models of different data sets are not
    compared, since G_θ and its like are comparable only for one network on one data set
    (Appendix I).

    Returns columns dataset ("all" for the pooled one), measure, models, tau, low, high; τ is NaN
    where fewer than three models have both or one of the two never varies.
    """
    wide = measures.pivot_table(
        index=["dataset", "training", "seed"], columns="measure", values="value"
    ).reset_index()
    lines = []
    for other in others:
        if reference not in wide or other not in wide:
            continue
        pair = [reference, other]
        known = wide.dropna(subset=pair)
        groups = {name: part[pair].to_numpy() for name, part in known.groupby("dataset")}
        for name, part in groups.items():
            lines.append({"dataset": name, "measure": other, **_interval([part], name, other)})
        lines.append({"dataset": "all", "measure": other, **_interval([*groups.values()], other)})
    return pd.DataFrame(lines)


def _interval(groups: Sequence[np.ndarray], *names: str) -> dict[str, float]:
    draw = np.random.default_rng(derive_seed("rank correlations", *names))
    resampled = [
        _tau([group[draw.integers(len(group), size=len(group))] for group in groups])
        for _ in range(RESAMPLES)
    ]
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(resampled, [tail, 100 - tail]) if groups else (np.nan, np.nan)
    return {"models": sum(map(len, groups)), "tau": _tau(groups), "low": low, "high": high}


def _tau(groups: Sequence[np.ndarray]) -> float:
    """Return τ_b of pairs of models of the same group, each group's weighted by its pairs."""
    total = weight = 0.0
    for group in groups:
        if len(group) < 3:
            continue
        tau = kendall_tau(*group.T)
        if np.isfinite(tau):
            pairs = len(group) * (len(group) - 1) / 2
            total, weight = total + pairs * tau, weight + pairs
    return total / weight if weight else float("nan")


def kendall_tau(x: np.ndarray, y: np.ndarray) -> float:
    """Return Kendall's τ_b = Σ s_x s_y / √(Σ s_x² · Σ s_y²), with the signs s of all differences.

    NaN where one of the two never varies. SciPy's also tests for significance, which takes ten
    times longer for a few models, and the bootstrap asks thousands of times.
    """
    x, y = (np.greater.outer(v, v).astype(int) - np.less.outer(v, v) for v in (x, y))
    scale = np.sqrt(np.sum(x * x) * np.sum(y * y))
    return float(np.sum(x * y) / scale) if scale else float("nan")
