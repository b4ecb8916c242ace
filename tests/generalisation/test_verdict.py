"""Verdicts on measures and the answer in words, on models whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.made_up_models import COUNTING, DIRECTIONS, RULE
from hessian_boundary.generalisation.comparison import (
    COLUMNS,
    compare_measures,
)
from hessian_boundary.generalisation.verdict import (
    CONFIRM,
    NOT,
    OF_TOO_FEW,
    OPPOSITE,
    PREDICTS,
    UNDECIDED,
    answer,
    chosen_measures,
    headline,
    scope,
    with_verdicts,
)

NAMES = {name: name for name in DIRECTIONS}


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


def test_where_no_data_set_has_enough_pairs_nothing_is_decided(models) -> None:
    demanding = replace(COUNTING, fewest_pairs=1000)
    table = compare_measures(models, DIRECTIONS, demanding)
    lines = scope(with_verdicts(table, replace(RULE, fewest_pairs_each=1000)), CONFIRM)
    assert set(lines["datasets"]) == {"gaussian, circle"}
    assert set(lines["verdict"]) == {UNDECIDED}


def test_the_opposite_takes_a_small_p_too(judged) -> None:
    unsure = judged[list(COLUMNS)].assign(p=0.5)
    assert set(with_verdicts(unsure, RULE)["verdict"]) <= {NOT, UNDECIDED}


def test_the_simpler_measure_is_one_of_the_same_data_sets(models) -> None:
    lacking = models.copy()
    lacking.loc[lacking["dataset"] == "circle", "output_margin"] = np.nan
    table = with_verdicts(compare_measures(lacking, DIRECTIONS, COUNTING), RULE)
    assert chosen_measures(table, "g_theta")[1] != "output_margin"


def test_too_few_pairs_decide_nothing(judged) -> None:
    strict = with_verdicts(judged[list(COLUMNS)], replace(RULE, fewest_pairs=10_000))
    assert set(strict["verdict"]) == {UNDECIDED}
    assert headline(strict, "g_theta").endswith("Too few models to say")


def test_the_answer_takes_the_variant_that_explored_best(judged) -> None:
    assert chosen_measures(judged, "g_theta") == ("g_theta_max", "output_margin")
    first, second, third = answer(judged, "g_theta", NAMES, (0.2, 0.1, 0.3))
    assert first.startswith("Yes, on average: of two networks that fit their labels")
    assert second.startswith("It is robust: ")
    assert (
        "more than the simpler measure that did best in the exploring half, output_margin" in third
    )
    assert "difference on the same networks +0.20 [+0.10, +0.30]" in third
    assert "adds to what the training loss tells" in third
    assert headline(judged, "g_theta").endswith("Yes, on average, and robustly")


def test_the_answer_says_no_where_it_is_no(models) -> None:
    turned = models.assign(g_theta_max=-models["test_error"], g_theta_mean=-models["test_error"])
    table = with_verdicts(compare_measures(turned, DIRECTIONS, COUNTING), RULE)
    first, second, third = answer(table, "g_theta", NAMES, (-2, -2, -2))
    assert first.startswith("No, rather the opposite")
    assert second.startswith("It is not robust")
    assert "It says less than the simpler measure that did best in the exploring half" in third
    third = answer(table, "g_theta", NAMES, (0.1, -0.1, 0.3))[2]
    assert third.startswith("It could not be told apart from the simpler measure that did best")


def test_a_single_configuration_decides_nothing(models) -> None:
    """Its models in two draws with two seeds: every resample is the same four models."""
    one = models[(models["walk"] == models["walk"].min()) & (models["point"] == 0)]
    table = with_verdicts(compare_measures(one, DIRECTIONS, COUNTING), RULE)
    line = scope(table, CONFIRM).set_index("measure").loc["g_theta_max"]
    assert np.isnan(line["psi_low"])
    assert (line["verdict"], line["adds_to_training_loss"]) == (UNDECIDED, False)
    sentence, *others = answer(table, "g_theta", NAMES, (np.nan,) * 3)
    assert others == [*OF_TOO_FEW]
    assert sentence.startswith("Too few models to say: of two networks")
    assert "Data sets: " in sentence
    assert "with enough" not in sentence


def test_what_no_environment_tells_is_not_known_to_be_robust(judged) -> None:
    unknown = judged.assign(sign_error_median=np.nan, robust=False)
    second = answer(unknown, "g_theta", NAMES, (0.2, 0.1, 0.3))[1]
    assert second == "Whether it is robust is not known: no environment has enough pairs."


def test_an_unfitted_exploring_half_chooses_nothing(judged) -> None:
    none = judged[judged["half"] == CONFIRM]
    assert chosen_measures(none, "g_theta") is None
    assert answer(none, "g_theta", NAMES, (0, -1, 1)) == [
        "The exploring half has no pairs of fitted models to choose measures by."
    ]
    assert headline(none, "g_theta") == "Does G_θ predict generalisation?"


def test_a_question_about_nothing_is_refused(judged) -> None:
    with pytest.raises(ValueError, match="expected a measure with and one without 'sharpness'"):
        chosen_measures(judged, "sharpness")


def test_an_unfitted_confirming_half_has_no_answer(models, judged) -> None:
    none = judged[(judged["half"] != CONFIRM)]
    assert answer(none, "g_theta", NAMES, (0, -1, 1)) == [
        "The confirming half has no fitted models to answer from."
    ]
    assert headline(none, "g_theta") == "Does G_θ predict generalisation?"
