"""The comparison of measures, on models whose answer is known."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau

from helpers.made_up_models import COUNTING, DIRECTIONS
from hessian_boundary.figures.overviews.measures import draw_measures
from hessian_boundary.generalisation.comparison import (
    ALL,
    COLUMNS,
    EVERY,
    FITTED,
    compare_measures,
    psi_difference,
)
from hessian_boundary.generalisation.knobs import AXES
from hessian_boundary.generalisation.verdict import (
    CONFIRM,
    scope,
)
from hessian_boundary.tables.comparison import comparison_notes, display_comparison
from hessian_boundary.tables.formats import latex, markdown


def test_a_line_for_each_choice_half_data_set_and_measure(judged) -> None:
    assert list(judged.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert len(judged) == 2 * 2 * 3 * len(DIRECTIONS)
    both = judged.set_index(["models", "half", "dataset", "measure"])
    for half in ("explore", "confirm"):
        one, other, mean = (
            both.loc[(FITTED, half, name, "g_theta_max"), "psi"]
            for name in ("gaussian", "circle", EVERY)
        )
        assert mean == pytest.approx((one + other) / 2)


def test_tau_is_scipys_within_draws(models, judged) -> None:
    mine = models[(models["half"] == CONFIRM) & (models["dataset"] == "circle")]
    taus = [
        kendalltau(part["g_theta_max"], part["test_error"]).statistic
        for _, part in mine.groupby("draw")
    ]
    line = scope(judged, CONFIRM, dataset="circle").set_index("measure").loc["g_theta_max"]
    assert line["tau"] == pytest.approx(np.mean(taus))
    assert line["tau_low"] < line["tau"] < line["tau_high"]


def test_random_measures_lie_where_chance_says(judged) -> None:
    line = scope(judged, CONFIRM).set_index("measure").loc["g_theta_mean"]
    assert line["chance_low"] < line["psi"] < line["chance_high"]
    assert line["chance_low"] < 0 < line["chance_high"]
    assert line["p"] > 0.01


def test_the_share_in_the_right_order_is_that_of_a_plain_loop(models, judged) -> None:
    mine = models[(models["half"] == CONFIRM) & (models["dataset"] == "circle")].copy()
    right = []
    for one, other in combinations(mine.to_dict("records"), 2):
        if sum(one[axis] != other[axis] for axis in AXES) == 1:
            same = (one["g_theta_mean"] - other["g_theta_mean"]) * (
                one["test_error"] - other["test_error"]
            )
            right.append(0.5 if same == 0 else float(same > 0))
    line = scope(judged, CONFIRM, dataset="circle").set_index("measure").loc["g_theta_mean"]
    assert line["right"] == pytest.approx(np.mean(right))
    assert line["pairs"] == len(right)


def test_chance_has_the_ties_of_the_measure(models) -> None:
    """A measure that is a knob differs along one axis of seven: Ψ is 1/7 at most, by chance too."""
    knob = models.assign(g_theta_max=models["epochs"])
    table = compare_measures(knob, DIRECTIONS, COUNTING)
    line = scope(table, CONFIRM, dataset="circle").set_index("measure").loc["g_theta_max"]
    assert 0 < line["chance_high"] <= 1 / 7
    assert -1 / 7 <= line["chance_low"] < 0


def test_a_measure_that_follows_the_draw_only_has_no_psi_of_knobs(models) -> None:
    draws = models.groupby(["dataset", "draw"])["test_error"].transform("mean")
    means = models.assign(g_theta_max=draws)
    table = compare_measures(means, DIRECTIONS, COUNTING)
    line = scope(table, CONFIRM).set_index("measure").loc["g_theta_max"]
    assert line["psi_of_knobs"] == line["psi_of_knobs_low"] == line["psi_of_knobs_high"] == 0
    assert line["psi"] != 0


def test_a_data_set_with_few_pairs_is_no_part_of_the_mean(models) -> None:
    few = models.copy()
    few.loc[few.index[few["dataset"] == "circle"][4:], "train_error"] = 0.5
    table = compare_measures(few, DIRECTIONS, COUNTING)
    fitted = table[(table["models"] == FITTED) & (table["measure"] == "g_theta_max")]
    assert set(fitted.loc[fitted["dataset"] == EVERY, "datasets"]) == {"gaussian"}
    every = table[(table["models"] == ALL) & (table["dataset"] == EVERY)]
    assert set(every["datasets"]) == {"gaussian, circle"}


def test_the_difference_of_two_measures_is_of_the_same_models(models, judged) -> None:
    pair = ("g_theta_max", "output_margin")
    lines = scope(judged, CONFIRM).set_index("measure")["psi"]
    difference, low, high = psi_difference(models, pair, DIRECTIONS, COUNTING, CONFIRM)
    assert difference == pytest.approx(lines[pair[0]] - lines[pair[1]])
    assert low <= difference <= high
    same = psi_difference(models, (pair[0], pair[0]), DIRECTIONS, COUNTING, CONFIRM)
    assert same == (0, 0, 0)
    lacking = models.copy()
    lacking.loc[lacking["dataset"] == "circle", "output_margin"] = np.nan
    difference, _, _ = psi_difference(lacking, pair, DIRECTIONS, COUNTING, CONFIRM)
    line = scope(judged, CONFIRM, dataset="gaussian").set_index("measure")["psi"]
    assert difference == pytest.approx(line[pair[0]] - line[pair[1]])
    none = models.assign(train_error=1.0)
    assert np.isnan(psi_difference(none, pair, DIRECTIONS, COUNTING, CONFIRM)).all()


def test_p_is_two_sided(judged) -> None:
    lines = scope(judged, CONFIRM).set_index("measure")
    smallest = 2 / (COUNTING.permutations + 1)
    assert lines.loc["norm_l2", "p"] == pytest.approx(smallest)
    assert lines.loc["g_theta_max", "p"] == pytest.approx(smallest)


def test_what_does_not_count_is_left_out(models) -> None:
    spoilt = models.copy()
    half = np.arange(len(spoilt)) % 2 == 0
    spoilt.loc[half, "train_error"] = 0.5
    spoilt.loc[np.arange(len(spoilt)) % 5 == 0, "status"] = "diverged"
    table = compare_measures(spoilt, {"g_theta_max": 1, "train_loss": 1}, COUNTING)
    lines = table[(table["dataset"] == EVERY) & (table["half"] == CONFIRM)]
    counts = lines.groupby("models")["count"].max()
    finite = spoilt["status"] == "fitted"
    assert counts[ALL] == (finite & (spoilt["half"] == CONFIRM)).sum()
    assert counts[FITTED] == (finite & ~half & (spoilt["half"] == CONFIRM)).sum()


def test_a_measure_that_a_data_set_lacks_is_had_of_the_others(models) -> None:
    lacking = models.copy()
    lacking.loc[lacking["dataset"] == "circle", "output_margin"] = np.nan
    table = compare_measures(lacking, DIRECTIONS, COUNTING)
    lines = table[table["measure"] == "output_margin"]
    assert set(lines["dataset"]) == {"gaussian", EVERY}


def test_table_and_figure_show_every_measure(models, judged) -> None:
    shown = display_comparison(judged)
    assert len(shown) == len(DIRECTIONS)
    refused = models.assign(refused=np.where(models["point"] == 0, "too many samples", ""))
    notes = comparison_notes(refused, 0.02)
    assert "gaussian 96 of 96" in notes[-1]
    assert f"Of {(models['point'] == 0).sum()} a measure was refused" in notes[-1]
    assert "refused" not in comparison_notes(models.assign(refused=""), 0.02)[-1]
    for text in (markdown(shown, notes), latex(shown, notes)):
        assert "output margin" in text
    figure = draw_measures(judged, "g_theta", "A headline", "a note")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[-1].endswith("(max)")
    assert len(labels) == len(DIRECTIONS)
