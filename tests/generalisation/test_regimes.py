"""The three regimes over data draws."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from hessian_boundary.generalisation.knobs import STARTS
from hessian_boundary.generalisation.regimes import COLUMNS, compare_regimes, planned_regimes
from hessian_boundary.statistics.effect import holm, paired_effect
from hessian_boundary.tables.comparison import display_regimes


def made_up() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame([
        {"dataset": dataset, "draw": number, "seed": seed, "start": start,
         "test_error": 0.1 + 0.05 * STARTS.index(start) * (dataset == "circle")
         + 0.02 * draw.random()}
        for dataset in ("circle", "gaussian") for number in range(6) for seed in (0, 1)
        for start in STARTS
    ])  # fmt: skip


def test_planned_models_differ_in_start_and_seed_alone() -> None:
    planned = planned_regimes({"width": 5}, 2)
    assert [(m.knobs["start"], m.seed) for m in planned] == [
        (start, seed) for start in STARTS for seed in (0, 1)
    ]
    assert {m.knobs["width"] for m in planned} == {5}
    with pytest.raises(ValueError, match=r"expected knobs among initial_scale.*found 'momentum'"):
        planned_regimes({"momentum": 0.9}, 2)


def test_differences_are_paired_over_draws_whose_seeds_are_averaged() -> None:
    models = made_up()
    table = compare_regimes(models, ["test_error"])
    assert list(table.columns) == list(COLUMNS)
    mine = models[models["dataset"] == "circle"].pivot_table(
        index="draw", columns="start", values="test_error"
    )
    expected = paired_effect((mine["large_norm"] - mine["normal"]).to_numpy())
    row = table[(table["dataset"] == "circle") & (table["start"] == "large_norm")].iloc[0]
    assert row["effect"] == pytest.approx(expected.size)
    assert row["p"] == pytest.approx(expected.p)
    assert (row["draws"], row["higher"], row["models"]) == (6, 6, 12)
    interval = ttest_rel(mine["large_norm"], mine["normal"]).confidence_interval()
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(tuple(interval))
    assert row["difference"] == pytest.approx(0.1, abs=0.02)


def test_p_values_are_adjusted_over_data_sets() -> None:
    table = compare_regimes(made_up(), ["test_error"])
    for _, family in table.groupby("start"):
        assert family["adjusted_p"].tolist() == pytest.approx(holm(family["p"].tolist()))


def test_a_draw_without_both_starts_is_left_out() -> None:
    models = made_up()
    gone = (models["draw"] == 2) & (models["start"] == "adversarial")
    table = compare_regimes(
        models.assign(test_error=models["test_error"].mask(gone)), ["test_error"]
    )
    assert table.set_index(["dataset", "start"])["draws"].to_dict() == {
        ("circle", "adversarial"): 5,
        ("circle", "large_norm"): 6,
        ("gaussian", "adversarial"): 5,
        ("gaussian", "large_norm"): 6,
    }


def test_starts_are_compared_seed_by_seed() -> None:
    values = {("normal", 0): 0.01, ("normal", 1): 0.05, ("adversarial", 1): 0.05}
    models = made_up()
    models["test_error"] = [
        values.get((start, seed), np.nan)
        for start, seed in zip(models["start"], models["seed"], strict=True)
    ]
    row = compare_regimes(models, ["test_error"]).iloc[0]
    assert (row["start"], row["models"], row["draws"]) == ("adversarial", 6, 6)
    assert row["difference"] == 0  # not 0.05 less the mean of 0.01 and 0.05
    assert row["normal"] == pytest.approx(0.05)


def test_the_table_for_reading_has_every_row() -> None:
    shown = display_regimes(compare_regimes(made_up(), ["test_error"]))
    assert shown.shape == (4, 9)
    assert shown["Higher"][1] == "6 of 6"
