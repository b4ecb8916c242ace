"""Which measures grow with the complexity of the boundary: rank correlations over models.

Models are not independent: the seeds of one training on one data set resemble each other. The unit
is therefore the training, all its seeds together. In simulations of Table 1's models (five data
sets of two or three trainings, five seeds each; seeds vary as much as trainings or less) with
measures that are unrelated, intervals of models drawn one by one exclude zero in 12 to 40 of 100
cases, those below in 1 to 3, and `p` < 0.05 in 4 to 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hessian_boundary.runtime.seeds import derive_seed
from hessian_boundary.statistics.effect import holm
from hessian_boundary.statistics.permutation import mean_signs, permutation_p, signs

RESAMPLES = 2000
LEVEL = 0.95
FEWEST = 6  # trainings that have another on their data set: with fewer, neither interval nor p
POOLED = "all"
COLUMNS = (
    *("dataset", "measure", "models", "trainings", "tau", "low", "high", "p", "adjusted_p"),
    *("difference", "difference_low", "difference_high"),
)


@dataclass(frozen=True)
class _Part:
    """Two measures on one data set: τ_b of the sample and of each resample, and their pairs.

    `trainings` holds the mean signs of the differences between trainings, of either measure.
    """

    models: int
    tau: np.ndarray
    pairs: np.ndarray
    trainings: tuple[np.ndarray, np.ndarray]


def rank_correlations(
    measures: pd.DataFrame, reference: str, others: Sequence[str], baseline: str
) -> pd.DataFrame:
    """Return Kendall's τ_b of `reference` with each other measure, within data sets and pooled.

    `measures` is tidy (dataset, training, seed, status, measure, value); diverged runs have no
    values. The pooled τ ranks models within their data set only: pairs of models of different data
    sets are not compared, since G_θ and its like are comparable only for one network on one data
    set (Appendix I).

    Returns `COLUMNS`:
    - dataset ("all" for the pooled one), measure, numbers of models and trainings with both;
    - tau: NaN where no data set has three models with both or one of the two never varies;
    - low, high: percentiles over resamples of trainings and of their seeds (`_weights`);
    - p: two-sided, of exchanging whole trainings within data sets (`permutation_p`); adjusted_p:
      Holm's, over the measures of the same data sets;
    - difference: tau less that of `baseline`, with percentiles over the same resamples.

    Intervals and p are NaN with fewer than `FEWEST` trainings. They take trainings on different
    data sets to be independent.
    """
    wide = measures.pivot_table(
        index=["dataset", "training", "seed"], columns="measure", values="value"
    ).reset_index()
    if reference not in wide:
        return pd.DataFrame(columns=COLUMNS)
    datasets = dict([*wide.dropna(subset=[reference]).groupby("dataset")])
    weights = {name: _weights(name, part["training"].to_numpy()) for name, part in datasets.items()}
    scopes = {
        other: _scopes(datasets, weights, reference, other)
        for other in {*others, baseline}
        if other in wide
    }
    unknown = np.full(1 + RESAMPLES, np.nan)
    lines = []
    for other in filter(scopes.get, others):
        for name, parts in scopes[other].items():
            compared = scopes.get(baseline, {}).get(name)
            against = _pooled(compared) if compared else unknown
            lines.append({"dataset": name, "measure": other, **_line(parts, against, other)})
    table = pd.DataFrame(lines, columns=COLUMNS)
    families = table.groupby("dataset", sort=False)["p"]
    table["adjusted_p"] = families.transform(lambda p: np.array(holm(p.tolist())))
    return table


def _weights(dataset: str, trainings: np.ndarray) -> np.ndarray:
    """Return how often each model is drawn: once, then (a line each) in resamples.

    Trainings are drawn with replacement, then as many seeds of each drawn one (Davison & Hinkley
    1997, section 3.8): of two or three trainings, whole ones alone vary too little. The draws
    depend on the data set's name only, so all measures share them.
    """
    draw = np.random.default_rng(derive_seed("rank correlations", dataset))
    names = np.unique(trainings)
    drawn = draw.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    weights = np.ones((1 + RESAMPLES, len(trainings)))
    for name, times in zip(names, drawn.T, strict=True):
        seeds = np.flatnonzero(trainings == name)
        chances = np.full(len(seeds), 1 / len(seeds))
        weights[1:, seeds] = draw.multinomial(times * len(seeds), chances)
    return weights


def _scopes(
    datasets: Mapping[str, pd.DataFrame],
    weights: Mapping[str, np.ndarray],
    reference: str,
    other: str,
) -> dict[str, list[_Part]]:
    """Return the part of each data set that has both measures, and all parts together."""
    parts = {}
    for name, models in datasets.items():
        known = models[other].notna().to_numpy()
        if known.any():
            part = models[known]
            x, y, times = (
                part[reference].to_numpy(),
                part[other].to_numpy(),
                weights[name][:, known],
            )
            tau, drawn = kendall_tau(x, y, times), times.sum(axis=1)
            pairs = np.where(np.isfinite(tau) & (drawn > 2), drawn * (drawn - 1) / 2, 0)
            trainings = part["training"].to_numpy()
            signs_of_both = mean_signs(x, trainings), mean_signs(y, trainings)
            parts[name] = _Part(len(x), np.where(pairs > 0, tau, 0), pairs, signs_of_both)
    return {name: [part] for name, part in parts.items()} | {POOLED: [*parts.values()]}


def _line(parts: Sequence[_Part], against: np.ndarray, measure: str) -> dict[str, float]:
    """Return a row's numbers; `against` holds the τ of the baseline, as sample and resampled."""
    tau = _pooled(parts)
    sizes = [len(part.trainings[0]) for part in parts]
    testable = sum(size for size in sizes if size > 1) >= FEWEST and np.isfinite(tau[0])
    draw = np.random.default_rng(derive_seed("permutations", measure))
    line = {"models": sum(part.models for part in parts), "trainings": sum(sizes), "tau": tau[0]}
    line["p"] = permutation_p([part.trainings for part in parts], draw) if testable else np.nan
    line["low"], line["high"] = _interval(tau, testable)
    line["difference"] = tau[0] - against[0]
    line["difference_low"], line["difference_high"] = _interval(tau - against, testable)
    return line


def _interval(values: np.ndarray, testable: bool) -> tuple[float, float]:
    """Return percentiles of resampled values, NaN where they tell nothing: all the same."""
    resampled = values[1:][np.isfinite(values[1:])]
    if not testable or not np.isfinite(values[0]) or np.ptp(resampled) == 0:
        return np.nan, np.nan
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return float(low), float(high)


def _pooled(parts: Sequence[_Part]) -> np.ndarray:
    """Return the mean of the parts' τ, weighted by their pairs; NaN where there are none."""
    total = sum((part.pairs * part.tau for part in parts), np.zeros(1 + RESAMPLES))
    pairs = sum((part.pairs for part in parts), np.zeros(1 + RESAMPLES))
    return np.divide(total, pairs, out=np.full_like(total, np.nan), where=pairs > 0)


def kendall_tau(x: np.ndarray, y: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return Kendall's τ_b of models of which each is there `times` w (a line each) over.

    τ_b = Σ w_i w_j s_x s_y / √(Σ w_i w_j s_x² · Σ w_i w_j s_y²), with the signs s of all
    differences; NaN where one of the two never varies.
    """
    x, y = signs(x), signs(y)
    both, of_x, of_y = (np.sum(times @ terms * times, axis=1) for terms in (x * y, x * x, y * y))
    scale = np.sqrt(of_x * of_y)
    return np.divide(both, scale, out=np.full_like(scale, np.nan), where=scale > 0)
