"""What is counted of each measure on one data set: every statistic, resamples and permutations."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from hessian_boundary.statistics.partial_tau import partial_tau_within, tau_within
from hessian_boundary.statistics.sign_errors import error_deviation, sign_errors, told_apart

GIVEN = "train_loss"  # what partial correlations are given
DRAWN = [AXES.index(DRAW), AXES.index(SEED)]
KNOBS = [column for column in range(len(AXES)) if column not in DRAWN]


@dataclass(frozen=True)
class Counting:
    """What counts, and by how many random draws chance is measured.

    A model is *fitted* with a training error of at most `train_error`. A data set with fewer than
    `fewest_pairs` is no part of the mean over data sets.
    """

    train_error: float
    fewest_pairs: int
    resamples: int
    permutations: int


@dataclass(frozen=True)
class DatasetStatistics:
    """One measure on one data set: lines are the sample, then resamples or permutations."""

    count: int
    pairs: int
    right: float  # pairs in the right order, a tie as half
    psi: np.ndarray  # (1 + resamples,)
    psi_of_knobs: np.ndarray  # without pairs that differ in data draw or seed
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
    times: np.ndarray  # (1 + resamples, model); no resample where there is one configuration
    source: np.ndarray  # (1 + permutations, model)


def dataset_statistics(
    models: pd.DataFrame, directions: Mapping[str, int], counting: Counting, label: str
) -> dict[str, DatasetStatistics]:
    """Return the part of each measure that at least two models have."""
    parts = {}
    for measure, direction in directions.items():
        known = models[models[measure].notna() & models[GIVEN].notna()]
        if len(known) < 2:
            continue
        shared = _shared(known, counting, label)
        values = direction * known[measure].to_numpy(dtype=float)
        parts[measure] = _part(values, known[GIVEN].to_numpy(dtype=float), shared)
    return parts


def _shared(models: pd.DataFrame, counting: Counting, label: str) -> _Models:
    codes = np.stack([pd.factorize(models[axis])[0] for axis in AXES], axis=1)
    configuration = np.unique(codes[:, KNOBS], axis=0, return_inverse=True)[1].ravel()
    slot = np.unique(codes[:, DRAWN], axis=0, return_inverse=True)[1].ravel()
    pairs = pairs_on_one_axis(codes)
    draw = np.random.default_rng(derive_seed("generalisation", label))
    times = resampled_configurations(configuration.max() + 1, counting.resamples, draw)
    return _Models(
        error=models["test_error"].to_numpy(dtype=float),
        deviation=error_deviation(*models[["test_error", "test_samples"]].to_numpy(float).T),
        block=codes[:, AXES.index(DRAW)],
        pairs=pairs,
        weights=_several(pair_weights(pairs, configuration, times), configuration),
        times=_several(times[:, configuration].astype(float), configuration),
        source=exchanged(configuration, slot, counting.permutations, draw),
    )


def _several(lines: np.ndarray, configuration: np.ndarray) -> np.ndarray:
    """Return lines of the sample and its resamples; these are nothing of a single configuration.

    Drawn anew, it is always itself: an interval would have no width.
    """
    if configuration.max() == 0:
        lines[1:] = 0
    return lines


def _part(values: np.ndarray, given: np.ndarray, models: _Models) -> DatasetStatistics:
    """Return every statistic of a measure (model,), larger where the error is said to be larger."""
    error, pairs = models.error, models.pairs
    agreements = agreement(values, error[models.source], pairs)
    of_knobs = np.isin(pairs.axis, KNOBS)
    weights = told_apart(error, models.deviation, pairs)
    where = models.block, models.times
    return DatasetStatistics(
        count=len(values),
        pairs=len(pairs),
        right=float((1 + agreements[0]).sum() / 2),
        psi=granulated_psi(agreements[:1], pairs.axis, models.weights),
        psi_of_knobs=granulated_psi(agreements[:1], pairs.axis, models.weights * of_knobs),
        tau=tau_within(values, error, *where),
        partial=partial_tau_within(values, error, given, *where),
        by_chance=granulated_psi(agreements, pairs.axis, np.ones((1, len(pairs)))),
        errors=sign_errors(agreements, weights, pairs.axis),
    )
