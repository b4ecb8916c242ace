"""Intervals and p of rank correlations, by simulation: how often they err, and hold the truth."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from helpers.ranked_models import TRAININGS, Values, correlated

SEEDS = 5


def simulated(
    cases: int, alike: float, spread: float, seeds_alike: float = 0.0, seeds: int = SEEDS
) -> Iterator[pd.Series]:
    """Yield the row of all data sets of normal measures, `g` and `h` each related to the pieces.

    `alike` is the correlation between trainings' means, `seeds_alike` that of the seeds around
    them, whose deviation is `spread` times that of the means.
    """
    draw = np.random.default_rng(0)
    for _ in range(cases):
        values: Values = {}
        for dataset, trainings in TRAININGS.items():
            means, around = (
                draw.normal(size=(3, trainings)),
                draw.normal(size=(3, trainings, seeds)),
            )
            means[1:] = alike * means[0] + np.sqrt(1 - alike**2) * means[1:]
            around[1:] = seeds_alike * around[0] + np.sqrt(1 - seeds_alike**2) * around[1:]
            found = (means[:, :, None] + spread * around).tolist()
            values[dataset] = dict(zip(("pieces", "g", "h"), found, strict=True))
        yield correlated(values)


def test_unrelated_trainings_are_rarely_found_to_be_related() -> None:
    rows = pd.DataFrame(simulated(300, alike=0, spread=0.5))
    assert 0.02 < np.mean(rows["p"] < 0.05) < 0.09  # 0.05 ± 3 standard errors
    assert np.mean((rows["low"] > 0) | (rows["high"] < 0)) < 0.05
    assert np.mean((rows["difference_low"] > 0) | (rows["difference_high"] < 0)) < 0.05


@pytest.mark.slow
def test_related_seeds_of_unrelated_trainings_leave_p_as_it_is() -> None:
    rows = pd.DataFrame(simulated(300, alike=0, spread=1, seeds_alike=0.8))
    assert np.mean(rows["p"] < 0.05) < 0.09
    assert np.mean(rows["low"] > 0) > 0.5  # τ itself is of models, so it does contain the seeds


@pytest.mark.parametrize("seeds", [1, pytest.param(SEEDS, marks=pytest.mark.slow)])
def test_intervals_hold_what_they_estimate(seeds: int) -> None:
    rows = pd.DataFrame(simulated(300, alike=0.8, spread=0.4, seeds=seeds)).dropna()
    for name, start in (("tau", ""), ("difference", "difference_")):
        truth = rows[name].mean()
        held = (rows[f"{start}low"] <= truth) & (truth <= rows[f"{start}high"])
        assert held.mean() > 0.87
    assert np.mean(rows["p"] < 0.05) > (0.3 if seeds == 1 else 0.5)
