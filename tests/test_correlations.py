"""Rank correlations over models, against orders known by construction."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from pipeline.correlations import kendall_tau, rank_correlations


def tidy(values: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    """Return tidy measures from data set -> measure -> one value per seed."""
    rows = [
        (dataset, "normal", seed, "fitted", measure, value)
        for dataset, by_measure in values.items()
        for measure, numbers in by_measure.items()
        for seed, value in enumerate(numbers)
    ]
    names = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=names)


def by_pairs(a: list[float], b: list[float]) -> float:
    """Kendall's τ of values without ties, pair by pair."""
    signs = [
        np.sign((a[i] - a[j]) * (b[i] - b[j])) for i, j in itertools.combinations(range(len(a)), 2)
    ]
    return float(np.mean(signs))


def test_tau_is_counted_pair_by_pair_within_data_sets() -> None:
    pieces = {"one": [1.0, 5, 3, 2], "two": [900.0, 100, 300]}
    measure = {"one": [0.1, 0.4, 0.5, 0.2], "two": [9.0, 1, 3]}
    found = rank_correlations(
        tidy({name: {"pieces": pieces[name], "g": measure[name]} for name in pieces}),
        "pieces",
        ["g"],
    ).set_index("dataset")
    one, two = (by_pairs(pieces[name], measure[name]) for name in ("one", "two"))
    assert found.loc["one", "tau"] == pytest.approx(one)
    assert found.loc["two", "tau"] == pytest.approx(two) == 1
    # six pairs of the first data set and three of the second; none between them
    assert found.loc["all", "tau"] == pytest.approx((6 * one + 3 * two) / 9)
    assert list(found["models"]) == [4, 3, 7]


def test_intervals_hold_the_estimate_and_narrow_with_more_models() -> None:
    draw = np.random.default_rng(0)
    widths = []
    for count in (8, 80):
        x = draw.normal(size=count)
        table = tidy({"one": {"pieces": x.tolist(), "g": (x + draw.normal(size=count)).tolist()}})
        row = rank_correlations(table, "pieces", ["g"]).iloc[0]
        assert row["low"] < row["tau"] < row["high"]
        widths.append(row["high"] - row["low"])
    assert widths[1] < widths[0] / 2


def test_what_cannot_be_ranked_is_nan_and_what_is_missing_is_left_out() -> None:
    table = tidy({"one": {"pieces": [1.0, 2.0], "g": [1.0, 2.0]}, "two": {"g": [1.0]}})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = rank_correlations(table, "pieces", ["g", "absent"])
    assert list(found["dataset"]) == ["one", "all"]
    assert found["tau"].isna().all()


@pytest.mark.parametrize("levels", [2, 4, 1000])  # many ties, some, hardly any
def test_tau_agrees_with_scipy(levels: int) -> None:
    draw = np.random.default_rng(levels)
    for count in (3, 20):
        x, y = draw.integers(levels, size=(2, count)).astype(float)
        y[0] = np.inf
        assert kendall_tau(x, y) == pytest.approx(kendalltau(x, y).statistic, nan_ok=True)
    assert np.isnan(kendall_tau(x, np.ones(count)))
