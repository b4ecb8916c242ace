"""The comparison of measures and its verdicts, on models whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from helpers.made_up_models import DIRECTIONS, made_up_models
from hessian_boundary.figures.overviews.measures import draw_measures
from hessian_boundary.generalisation.comparison import ALL, COLUMNS, EVERY, FITTED, compare_measures
from hessian_boundary.generalisation.verdict import (
    CONFIRM,
    NOT,
    OPPOSITE,
    PREDICTS,
    UNDECIDED,
    Rule,
    answer,
    chosen_measures,
    headline,
    scope,
    with_verdicts,
)
from hessian_boundary.tables.comparison import comparison_notes, display_comparison
from hessian_boundary.tables.formats import latex, markdown

RULE = Rule(level=0.05, fewest_pairs=30, sign_error=0.5)
NAMES = {name: name for name in DIRECTIONS}


@pytest.fixture(scope="module")
def models() -> pd.DataFrame:
    return made_up_models()


@pytest.fixture(scope="module")
def judged(models) -> pd.DataFrame:
    return with_verdicts(compare_measures(models, DIRECTIONS, 0.02, 200), RULE)


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


def test_verdicts_are_those_that_the_models_were_made_for(judged) -> None:
    lines = scope(judged, CONFIRM).set_index("measure")
    assert lines["verdict"].to_dict() == {
        "g_theta_max": PREDICTS,
        "g_theta_mean": NOT,
        "norm_l2": OPPOSITE,
        "output_margin": PREDICTS,
        "train_loss": NOT,
    }
    assert lines.loc["norm_l2", ["psi", "tau"]].tolist() == [-1, -1]
    assert lines.loc["norm_l2", "sign_error_worst"] == 1
    assert lines.loc["g_theta_max", "robust"]
    assert not lines.loc["norm_l2", "robust"]
    assert lines.loc["g_theta_max", "adds_to_training_loss"]


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


def test_what_does_not_count_is_left_out(models) -> None:
    spoilt = models.copy()
    half = np.arange(len(spoilt)) % 2 == 0
    spoilt.loc[half, "train_error"] = 0.5
    spoilt.loc[np.arange(len(spoilt)) % 5 == 0, "status"] = "diverged"
    table = compare_measures(spoilt, {"g_theta_max": 1, "train_loss": 1}, 0.02, 100)
    lines = table[(table["dataset"] == EVERY) & (table["half"] == CONFIRM)]
    counts = lines.groupby("models")["count"].max()
    finite = spoilt["status"] == "fitted"
    assert counts[ALL] == (finite & (spoilt["half"] == CONFIRM)).sum()
    assert counts[FITTED] == (finite & ~half & (spoilt["half"] == CONFIRM)).sum()


def test_a_measure_that_a_data_set_lacks_is_had_of_the_others(models) -> None:
    lacking = models.copy()
    lacking.loc[lacking["dataset"] == "circle", "output_margin"] = np.nan
    table = compare_measures(lacking, DIRECTIONS, 0.02, 100)
    lines = table[table["measure"] == "output_margin"]
    assert set(lines["dataset"]) == {"gaussian", EVERY}


def test_too_few_pairs_decide_nothing(judged) -> None:
    strict = with_verdicts(judged[list(COLUMNS)], Rule(0.05, 10_000, 0.5))
    assert set(strict["verdict"]) == {UNDECIDED}
    assert headline(strict, "g_theta").endswith("Too few models to say")


def test_the_answer_takes_the_variant_that_explored_best(judged) -> None:
    assert chosen_measures(judged, "g_theta") == ("g_theta_max", "output_margin")
    first, second, third = answer(judged, "g_theta", NAMES)
    assert first.startswith("Yes, on average: of two fitted models")
    assert second.startswith("It is robust: ")
    assert "output_margin" in third
    assert "adds to the training loss" in third
    assert headline(judged, "g_theta").endswith("Yes, on average, and robustly")


def test_the_answer_says_no_where_it_is_no(models) -> None:
    turned = models.assign(g_theta_max=-models["test_error"], g_theta_mean=-models["test_error"])
    table = with_verdicts(compare_measures(turned, DIRECTIONS, 0.02, 100), RULE)
    first, second, third = answer(table, "g_theta", NAMES)
    assert first.startswith("No, rather the opposite")
    assert second.startswith("It is not robust")
    assert "no more than the best simpler measure" in third


def test_a_question_about_nothing_is_refused(judged) -> None:
    with pytest.raises(ValueError, match="expected a measure with and one without 'sharpness'"):
        chosen_measures(judged, "sharpness")


def test_an_unfitted_confirming_half_has_no_answer(models, judged) -> None:
    none = judged[(judged["half"] != CONFIRM)]
    assert answer(none, "g_theta", NAMES) == [
        "The confirming half has no fitted models to answer from."
    ]
    assert headline(none, "g_theta") == "Does G_θ predict generalisation?"


def test_table_and_figure_show_every_measure(models, judged) -> None:
    shown = display_comparison(judged)
    assert len(shown) == len(DIRECTIONS)
    notes = comparison_notes(models, 0.02)
    assert "gaussian 96 of 96" in notes[-1]
    for text in (markdown(shown, notes), latex(shown, notes)):
        assert "output margin" in text
    figure = draw_measures(judged, "g_theta", "A headline", "a note")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[-1].endswith("(max)")
    assert len(labels) == len(DIRECTIONS)
