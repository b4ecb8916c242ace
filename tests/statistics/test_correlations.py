"""Rank correlations over models, against orders known by construction."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from helpers.ranked_models import TRAININGS, Values, correlated, tidy
from hessian_boundary.statistics.correlations import COLUMNS, kendall_tau, rank_correlations


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
        tidy({name: {"pieces": [pieces[name]], "g": [measure[name]]} for name in pieces}),
        *("pieces", ["g"], "g"),
    ).set_index("dataset")
    one, two = (by_pairs(pieces[name], measure[name]) for name in ("one", "two"))
    assert found.loc["one", "tau"] == pytest.approx(one)
    assert found.loc["two", "tau"] == pytest.approx(two) == 1
    # six pairs of the first data set and three of the second; none between them
    assert found.loc["all", "tau"] == pytest.approx((6 * one + 3 * two) / 9)
    assert list(found["models"]) == [4, 3, 7]
    assert list(found["trainings"]) == [1, 1, 2]


@pytest.mark.parametrize("levels", [2, 4, 1000])  # many ties, some, hardly any
def test_weighted_tau_is_scipys_of_repeated_models(levels: int) -> None:
    draw = np.random.default_rng(levels)
    for count in (3, 20):
        x, y = draw.integers(levels, size=(2, count)).astype(float)
        y[0] = np.inf
        times = np.vstack([np.ones(count, int), draw.integers(4, size=(3, count))])
        expected = [kendalltau(np.repeat(x, n), np.repeat(y, n)).statistic for n in times]
        assert kendall_tau(x, y, times) == pytest.approx(expected, nan_ok=True)
    assert np.isnan(kendall_tau(x, np.ones(count), times)).all()


# what is known by construction


def ordered(trainings: dict[str, int], seeds: int = 2) -> Values:
    """Trainings in the same order by both measures, their seeds in opposite orders."""
    return {
        name: {
            "pieces": [[10.0 * i + s for s in range(seeds)] for i in range(count)],
            "g": [[10.0 * i - s for s in range(seeds)] for i in range(count)],
        }
        for name, count in trainings.items()
    }


def test_p_of_the_same_and_of_the_opposite_order_is_the_smallest_there_is() -> None:
    values = ordered(TRAININGS)
    assert correlated(values)["p"] == pytest.approx(2 / (6**4 * 2))
    for measures in values.values():
        measures["g"].reverse()
    assert correlated(values)["p"] == pytest.approx(2 / (6**4 * 2))


def test_p_is_adjusted_over_the_measures_of_a_data_set() -> None:
    values = ordered(TRAININGS)
    for measures in values.values():
        measures["h"] = list(reversed(measures["g"]))
    found = rank_correlations(tidy(values), "pieces", ["g", "h"], "h").set_index(
        ["dataset", "measure"]
    )
    p = 2 / (6**4 * 2)
    assert found.loc["all", "adjusted_p"].tolist() == pytest.approx([2 * p, 2 * p])
    assert found.loc["one", "adjusted_p"].isna().all()


def test_p_of_many_trainings_is_of_drawn_orders_and_repeats() -> None:
    values = ordered({"one": 6, "two": 6})  # 720² orders are not counted
    for measures in values.values():
        measures["g"] = [measures["g"][place] for place in (1, 3, 0, 5, 2, 4)]
    first, again = correlated(values)["p"], correlated(values)["p"]
    assert first == again
    assert 2 / 720**2 < first < 1
    assert correlated(values, "one")["p"] == pytest.approx(
        kendalltau(range(6), [1, 3, 0, 5, 2, 4], method="exact").pvalue
    )


# what has no interval


def test_fewer_than_six_trainings_have_neither_interval_nor_p() -> None:
    unknown = ["p", "low", "high", "difference_low", "difference_high"]
    # a training alone on its data set has none to be compared with
    few = correlated(ordered({"one": 3, "two": 2, "three": 1}, seeds=4))
    assert few["trainings"] == 6
    assert few[unknown].isna().all()
    assert np.isfinite(few["tau"])
    enough = ordered({"one": 3, "two": 3}, seeds=4)
    assert correlated(enough)[["p", "low", "high"]].notna().all()
    assert correlated(enough, "one")[unknown].isna().all()


def test_an_interval_without_width_is_none() -> None:
    perfect = correlated(ordered(TRAININGS, seeds=1))
    assert perfect["tau"] == 1
    assert perfect[["low", "high"]].isna().all()
    assert perfect["p"] < 0.01


def test_differences_are_to_the_baseline_and_none_to_itself() -> None:
    values = ordered(TRAININGS)
    for measures in values.values():
        measures["h"] = measures["pieces"][::-1]
    found = rank_correlations(tidy(values), "pieces", ["g", "h"], "h")
    g, h = (
        found[(found["dataset"] == "all") & (found["measure"] == name)].iloc[0] for name in "gh"
    )
    # h is g reversed: its τ is −τ of g in every resample, so the difference is 2 τ in every one
    ends = g[["difference", "difference_low", "difference_high"]].astype(float)
    assert ends.tolist() == pytest.approx((2 * g[["tau", "low", "high"]].astype(float)).tolist())
    assert h["difference"] == 0
    assert np.isnan(h["difference_low"])
    alone = rank_correlations(tidy(values), "pieces", ["g"], "absent")
    assert alone[["difference", "difference_low"]].isna().all(axis=None)
    pd.testing.assert_series_equal(alone["low"], found.loc[found["measure"] == "g", "low"])


def test_what_cannot_be_ranked_is_nan_and_what_is_missing_is_left_out() -> None:
    table = tidy({"one": {"pieces": [[1.0, 2.0]], "g": [[1.0, 2.0]]}, "two": {"g": [[1.0]]}})
    constant = ordered(TRAININGS)
    for measures in constant.values():
        measures["g"] = [[1.0, 1.0] for _ in measures["g"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rank_correlations(table, "pieces", ["g", "absent"], "absent")
        assert correlated(constant)[["tau", "p", "low", "high"]].isna().all()
    assert list(found["dataset"]) == ["one", "all"]
    assert found["tau"].isna().all()
    assert list(found.columns) == list(COLUMNS)
    assert rank_correlations(table, "absent", ["g"], "g").empty
