"""Which measures order models by their test error: every statistic, for each half and data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hessian_boundary.generalisation.knobs import AXES, DRAW, SEED
from hessian_boundary.runtime.seeds import derive_seed
from hessian_boundary.statistics.granulated import agreement, granulated_psi
from hessian_boundary.statistics.knob_pairs import (
    Pairs,
    exchanged,
    pair_weights,
    pairs_on_one_axis,
    resampled_configurations,
)
from hessian_boundary.statistics.partial_tau import partial_tau, tau_within
from hessian_boundary.statistics.sign_errors import SUMMARY, sign_errors, summarised, told_apart

GIVEN = "train_loss"  # what partial correlations are given
FITTED, ALL = "fitted", "all"
EVERY = "all data sets"
TAIL = 2.5  # percent, below and above a 95 % interval
COLUMNS = (
    *("models", "half", "dataset", "measure", "count", "pairs", "environments"),
    *("psi", "psi_low", "psi_high", "chance_low", "chance_high", "p"),
    *("tau", "tau_low", "tau_high", "partial_tau", "partial_tau_low", "partial_tau_high"),
    *(f"sign_error_{name}" for name in SUMMARY),
    *(f"chance_sign_error_{name}" for name in SUMMARY),
)


@dataclass(frozen=True)
class _Part:
    """One measure on one data set: lines are the sample, then resamples or permutations."""

    count: int
    pairs: int
    psi: np.ndarray  # (1 + resamples,)
    tau: np.ndarray
    partial: np.ndarray
    by_chance: np.ndarray  # Ψ (1 + permutations,)
    errors: np.ndarray  # (1 + permutations, environment)


@dataclass(frozen=True)
class _Models:
    """The models of one data set and half that count, and what all measures share there."""

    error: np.ndarray  # (model,)
    deviation: np.ndarray
    block: np.ndarray  # the data draw
    pairs: Pairs
    weights: np.ndarray  # (1 + resamples, pair)
    times: np.ndarray  # (1 + resamples, model)
    source: np.ndarray  # (1 + permutations, model)


def compare_measures(
    models: pd.DataFrame, directions: Mapping[str, int], limit: float, resamples: int
) -> pd.DataFrame:
    """Return `COLUMNS`, a line for each choice of models, half, data set and measure.

    `models` has a line per model: dataset, half, status, every axis of `knobs.AXES`, test_error and
    its standard error, train_error, and the measures. `directions` says of each measure whether
    larger (1) or smaller (−1) values are said to go with larger errors. Models that diverged are
    left out; *fitted* ones have a training error of at most `limit`. The data set "all data sets"
    is the mean over them, each counting as much, for intervals over independent resamples.

    p is one-sided: the share of exchanges of configurations with a Ψ as large (Phipson & Smyth
    2010), and chance_low … chance_high hold 95 % of them.
    """
    known = models[(models["status"] != "diverged") & models["test_error"].notna()]
    lines = []
    for choice, chosen in ((FITTED, known[known["train_error"] <= limit]), (ALL, known)):
        for half, of_half in chosen.groupby("half", sort=True):
            parts = {
                str(name): _parts(of_one, directions, resamples, f"{choice}/{half}/{name}")
                for name, of_one in of_half.groupby("dataset", sort=False)
            }
            for measure in directions:
                found = {name: part[measure] for name, part in parts.items() if measure in part}
                scopes = {name: [part] for name, part in found.items()}
                scopes |= {EVERY: list(found.values())} if found else {}
                about = {"models": choice, "half": half, "measure": measure}
                lines += [
                    {**about, "dataset": name, **_line(group)} for name, group in scopes.items()
                ]
    return pd.DataFrame(lines, columns=COLUMNS)


def _parts(
    models: pd.DataFrame, directions: Mapping[str, int], resamples: int, label: str
) -> dict[str, _Part]:
    """Return the part of each measure that at least two models have."""
    parts = {}
    for measure, direction in directions.items():
        known = models[models[measure].notna() & models[GIVEN].notna()]
        if len(known) < 2:
            continue
        shared = _shared(known, resamples, label)
        values = direction * known[measure].to_numpy(dtype=float)
        parts[measure] = _part(values, known[GIVEN].to_numpy(dtype=float), shared)
    return parts


def _shared(models: pd.DataFrame, resamples: int, label: str) -> _Models:
    codes = np.stack([pd.factorize(models[axis])[0] for axis in AXES], axis=1)
    knobs = [column for column, axis in enumerate(AXES) if axis not in (DRAW, SEED)]
    configuration = np.unique(codes[:, knobs], axis=0, return_inverse=True)[1].ravel()
    pairs = pairs_on_one_axis(codes)
    draw = np.random.default_rng(derive_seed("generalisation", label))
    times = resampled_configurations(configuration.max() + 1, resamples, draw)
    return _Models(
        error=models["test_error"].to_numpy(dtype=float),
        deviation=models["test_error_standard_error"].to_numpy(dtype=float),
        block=codes[:, AXES.index(DRAW)],
        pairs=pairs,
        weights=pair_weights(pairs, configuration, times),
        times=times[:, configuration].astype(float),
        source=exchanged(configuration, resamples, draw),
    )


def _part(values: np.ndarray, given: np.ndarray, models: _Models) -> _Part:
    """Return every statistic of a measure (model,), larger where the error is said to be larger."""
    error, pairs = models.error, models.pairs
    agreements = agreement(values[models.source], error, pairs)
    weights = told_apart(error, models.deviation, pairs)
    xy, xz, yz = (
        tau_within(one, other, models.block, models.times)
        for one, other in ((values, error), (values, given), (error, given))
    )
    return _Part(
        count=len(values),
        pairs=len(pairs),
        psi=granulated_psi(agreements[:1], pairs.axis, models.weights),
        tau=xy,
        partial=partial_tau(xy, xz, yz),
        by_chance=granulated_psi(agreements, pairs.axis, np.ones((1, len(pairs)))),
        errors=sign_errors(agreements, weights, pairs.axis),
    )


def _line(parts: Sequence[_Part]) -> dict[str, Any]:
    psi, tau, partial, by_chance = (
        _mean([getattr(part, name) for part in parts])
        for name in ("psi", "tau", "partial", "by_chance")
    )
    errors = summarised(np.concatenate([part.errors for part in parts], axis=1))
    low, high = _interval(by_chance[1:])
    beaten = np.mean(by_chance >= by_chance[0] - 1e-12)  # the observed one is among them
    return {
        "count": sum(part.count for part in parts),
        "pairs": sum(part.pairs for part in parts),
        "environments": sum(part.errors.shape[1] for part in parts),
        **_with_interval("psi", psi),
        "chance_low": low,
        "chance_high": high,
        "p": float(beaten) if np.isfinite(by_chance[0]) else np.nan,
        **_with_interval("tau", tau),
        **_with_interval("partial_tau", partial),
        **{f"sign_error_{name}": float(values[0]) for name, values in errors.items()},
        **{f"chance_sign_error_{name}": float(v[1:].mean()) for name, v in errors.items()},
    }


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
