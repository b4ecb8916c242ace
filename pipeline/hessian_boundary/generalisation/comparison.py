"""Which measures order models by their test error: every statistic, for each half and data set."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hessian_boundary.generalisation.dataset_statistics import (
    Counting,
    DatasetStatistics,
    dataset_statistics,
)
from hessian_boundary.statistics.sign_errors import SUMMARY, summarised

FITTED, ALL = "fitted", "all"
EVERY = "all data sets"
TAIL = 2.5  # percent, below and above a 95 % interval
COLUMNS = (
    *("models", "half", "dataset", "measure", "datasets", "count", "pairs", "environments"),
    *("right", "psi", "psi_low", "psi_high", "chance_low", "chance_high", "p"),
    *("psi_of_knobs", "psi_of_knobs_low", "psi_of_knobs_high"),
    *("tau", "tau_low", "tau_high", "partial_tau", "partial_tau_low", "partial_tau_high"),
    *(f"sign_error_{name}" for name in SUMMARY),
    *(f"chance_sign_error_{name}" for name in SUMMARY),
)


def compare_measures(
    models: pd.DataFrame, directions: Mapping[str, int], counting: Counting
) -> pd.DataFrame:
    """Return `COLUMNS`, a line for each choice of models, half, data set and measure.

    `models` has a line per model: dataset, half, status, every axis of `knobs.AXES`, test_error and
    its standard error, train_error, and the measures. `directions` says of each measure whether
    larger (1) or smaller (−1) values are said to go with larger errors. Models that diverged are
    left out. The data set "all data sets" is the mean over those that have enough pairs (over all
    where none has), each counting as much, for intervals over independent resamples; `datasets`
    names them.

    right: share of the pairs in the right order, a tie as half. p is two-sided: twice the share of
    exchanges of configurations with a Ψ at least as far out on the same side (Phipson & Smyth
    2010), and chance_low … chance_high hold 95 % of them.
    """
    lines = []
    for choice in (FITTED, ALL):
        for half, of_half in _chosen(models, choice, counting).groupby("half", sort=True):
            parts = _parts_by_dataset(of_half, directions, counting, f"{choice}/{half}")
            for measure in directions:
                found = {name: part[measure] for name, part in parts.items() if measure in part}
                scopes = {name: {name: part} for name, part in found.items()}
                if together := _together(found, counting):
                    scopes[EVERY] = together
                about = {"models": choice, "half": half, "measure": measure}
                lines += [
                    {**about, "dataset": name, **_line(group)} for name, group in scopes.items()
                ]
    return pd.DataFrame(lines, columns=COLUMNS)


def psi_difference(
    models: pd.DataFrame, measures: tuple[str, str], directions: Mapping[str, int],
    counting: Counting, half: str,
) -> tuple[float, float, float]:  # fmt: skip
    """Return Ψ of one measure less that of another, and the ends of its 95 % interval.

    Both are of the same fitted models of a half, those that have both measures, and of the same
    resamples. NaN without any.
    """
    chosen = _chosen(models, FITTED, counting)
    both = chosen[(chosen["half"] == half) & chosen[list(measures)].notna().all(axis=1)]
    asked = {name: directions[name] for name in measures}
    parts = _parts_by_dataset(both, asked, counting, f"{FITTED}/{half}")
    groups = [
        _together({name: part[measure] for name, part in parts.items() if part}, counting)
        for measure in measures
    ]
    if not all(groups):
        return np.nan, np.nan, np.nan
    one, other = (_mean([part.psi for part in group.values()]) for group in groups)
    return float(one[0] - other[0]), *_interval((one - other)[1:])


def _chosen(models: pd.DataFrame, choice: str, counting: Counting) -> pd.DataFrame:
    known = models[(models["status"] != "diverged") & models["test_error"].notna()]
    return known if choice == ALL else known[known["train_error"] <= counting.train_error]


def _together(
    parts: Mapping[str, DatasetStatistics], counting: Counting
) -> dict[str, DatasetStatistics]:
    """Return the parts with enough pairs; all where none has, of which nothing is decided."""
    enough = {name: part for name, part in parts.items() if part.pairs >= counting.fewest_pairs}
    return enough or dict(parts)


def _parts_by_dataset(
    models: pd.DataFrame, directions: Mapping[str, int], counting: Counting, label: str
) -> dict[str, dict[str, DatasetStatistics]]:
    return {
        str(name): dataset_statistics(of_one, directions, counting, f"{label}/{name}")
        for name, of_one in models.groupby("dataset", sort=False)
    }


def _line(group: Mapping[str, DatasetStatistics]) -> dict[str, Any]:
    parts = list(group.values())
    psi, of_knobs, tau, partial, by_chance = (
        _mean([getattr(part, name) for part in parts])
        for name in ("psi", "psi_of_knobs", "tau", "partial", "by_chance")
    )
    pairs = sum(part.pairs for part in parts)
    errors = summarised(np.concatenate([part.errors for part in parts], axis=1))
    low, high = _interval(by_chance[1:])
    return {
        "datasets": ", ".join(group),
        "count": sum(part.count for part in parts),
        "pairs": pairs,
        "environments": sum(part.errors.shape[1] for part in parts),
        "right": sum(part.right for part in parts) / pairs if pairs else np.nan,
        **_with_interval("psi", psi),
        "chance_low": low,
        "chance_high": high,
        "p": _two_sided(by_chance),
        **_with_interval("psi_of_knobs", of_knobs),
        **_with_interval("tau", tau),
        **_with_interval("partial_tau", partial),
        **{f"sign_error_{name}": float(values[0]) for name, values in errors.items()},
        **{f"chance_sign_error_{name}": float(v[1:].mean()) for name, v in errors.items()},
    }


def _two_sided(by_chance: np.ndarray) -> float:
    """Return the p of the first value among all, itself included."""
    observed = by_chance[0]
    if not np.isfinite(observed):
        return np.nan
    sides = np.mean(by_chance >= observed - 1e-12), np.mean(by_chance <= observed + 1e-12)
    return float(min(1, 2 * min(sides)))


def _mean(lines: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over data sets (line,) of those that have a value there."""
    values = np.stack(lines)
    known = np.isfinite(values)
    sums, counts = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(sums, counts, out=np.full(values.shape[1], np.nan), where=counts > 0)


def _with_interval(name: str, values: np.ndarray) -> dict[str, float]:
    low, high = _interval(values[1:])
    return {name: float(values[0]), f"{name}_low": low, f"{name}_high": high}


def _interval(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return np.nan, np.nan
    low, high = np.percentile(known, [TAIL, 100 - TAIL])
    return float(low), float(high)
