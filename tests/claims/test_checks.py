"""Verdicts on claims, by comparisons whose result is known."""

import math

import pandas as pd
import pytest

from hessian_boundary.claims.checks import CheckResult, collect, expand, run_check, verdict

MEASURES = pd.DataFrame(
    [
        ("gaussian", training, seed, "fitted", "g", value)
        for training, values in {"normal": [1.0, 3.0], "adversarial": [5.0, 9.0]}.items()
        for seed, value in enumerate(values)
    ],
    columns=["dataset", "training", "seed", "status", "measure", "value"],
)
FIGURES = {
    "fig07": pd.DataFrame(
        [("gaussian/normal", "largest_top", 0.9)], columns=["experiment", "quantity", "value"]
    )
}
CORRELATIONS = pd.DataFrame(
    [("all", "g", 10, 0.4, 0.1, 0.6), ("all", "few", 4, 0.4, float("nan"), float("nan"))],
    columns=["dataset", "measure", "models", "tau", "low", "high"],
)
NUMBERS = collect(MEASURES, FIGURES, CORRELATIONS)


def test_means_and_deviations_over_seeds_are_compared() -> None:
    result = run_check("gaussian/normal:g < gaussian/adversarial:g", NUMBERS)
    assert (result.left, result.right, result.runs) == (2, 7, 2)
    assert result.left_std == pytest.approx(math.sqrt(2))
    assert result.right_std == pytest.approx(math.sqrt(8))
    assert result.holds
    assert result.clear  # 5 apart, √10 combined
    assert not run_check("gaussian/normal:g > gaussian/adversarial:g", NUMBERS).holds


def test_a_difference_within_the_combined_deviation_is_not_clear() -> None:
    assert not CheckResult("a < b", 1.0, 3.0, 5.0, 4.0, 5).clear
    assert CheckResult("a < b", 1.0, 2.0, 5.0, 3.0, 5).clear


def test_sides_may_be_numbers_of_figures_correlations_or_constants() -> None:
    result = run_check("fig07:gaussian/normal:largest_top > 0.8", NUMBERS)
    assert (result.left, result.right, result.holds, result.clear) == (0.9, 0.8, True, True)
    assert run_check("correlations:all:g > 0", NUMBERS).left == 0.4
    assert run_check("correlations:all:g_low > 1e-1", NUMBERS).holds is False
    assert run_check("-1.5 < correlations:all:g_high", NUMBERS).right == 0.6


@pytest.mark.parametrize("check", ["a/b:g", "a/b:g = 3", "a/b:g < what is this"])
def test_checks_of_another_form_are_refused(check: str) -> None:
    with pytest.raises(ValueError, match=r"expected 'LEFT < RIGHT'|expected a number, 'exp"):
        run_check(check, NUMBERS)


def results(*checks: str) -> list[CheckResult]:
    return [run_check(check, NUMBERS) for check in checks]


def test_the_verdict_follows_its_rule() -> None:
    clear, wrong = "gaussian/normal:g < gaussian/adversarial:g", "gaussian/normal:g > 3"
    unclear, unknown = "gaussian/normal:g < 2.5", "mars/normal:g < 1"
    assert verdict(results(clear)) == "reproduced"
    assert verdict(results(clear, unknown)) == "reproduced"
    assert verdict(results(clear, wrong)) == "partly"
    assert verdict(results(unclear)) == "partly"
    assert verdict(results(wrong)) == "not reproduced"
    assert verdict(results(unknown)) == "not testable"
    assert verdict([]) == "not testable"
    assert verdict(results("correlations:all:few_low > 0")) == "not testable"  # too few trainings


def test_stars_stand_for_each_case() -> None:
    assert expand("*/normal:g < */adversarial:g", ["a", "b"]) == [
        "a/normal:g < a/adversarial:g",
        "b/normal:g < b/adversarial:g",
    ]
    assert expand("a:g < 1", ["x"]) == ["a:g < 1"]
