"""Verdicts on claims, by comparisons whose result is known."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from hessian_boundary.claims.check_text import expand, parse_check
from hessian_boundary.claims.checks import CheckResult, run_checks, verdict
from hessian_boundary.claims.numbers import collect

VALUES = {"normal": [1.0, 2.0, 3.5], "adversarial": [5.0, 6.5, 7.0], "once": [4.0]}
MEASURES = pd.DataFrame(
    [
        ("gaussian", training, seed, "fitted", "g", value)
        for training, values in VALUES.items()
        for seed, value in enumerate(values)
    ],
    columns=["dataset", "training", "seed", "status", "measure", "value"],
)
COLUMNS = ["experiment", "quantity", "seed", "value"]
FIGURES = {"fig07": pd.DataFrame([("gaussian/normal", "largest_top", 0, 0.9)], columns=COLUMNS)}
CONTRASTS = pd.DataFrame(
    [("gaussian/normal/epoch5", "contrast", seed, 0.4 + seed / 100) for seed in (0, 1)],
    columns=COLUMNS,
)
CORRELATIONS = pd.DataFrame(
    [("all", "g", 10, 0.4, 0.1, 0.6), ("all", "few", 4, 0.4, float("nan"), float("nan"))],
    columns=["dataset", "measure", "models", "tau", "low", "high"],
)
NUMBERS = collect(MEASURES, FIGURES, CORRELATIONS, CONTRASTS)


def results(*checks: str) -> list[CheckResult]:
    return run_checks(checks, NUMBERS)


def run_check(check: str) -> CheckResult:
    return results(check)[0]


def test_means_and_deviations_over_seeds_are_compared() -> None:
    result = run_check("gaussian/normal:g < gaussian/adversarial:g")
    assert result.means == pytest.approx((6.5 / 3, 18.5 / 3))
    assert result.deviations[0] == pytest.approx(math.sqrt(19 / 12))
    assert (result.runs, result.holds, result.clear, result.single) == (3, True, True, False)
    assert not run_check("gaussian/normal:g > gaussian/adversarial:g").holds


def test_runs_of_one_seed_are_a_pair() -> None:
    result = run_check("gaussian/normal:g < gaussian/adversarial:g")
    assert result.p == pytest.approx(ttest_rel(VALUES["normal"], VALUES["adversarial"]).pvalue)
    assert result.effect.size == pytest.approx(4.0 / 0.5)  # differences 4, 4.5, 3.5
    opposite = run_check("gaussian/normal:g > gaussian/adversarial:g")
    assert (opposite.effect.size, opposite.p) == pytest.approx((-8.0, result.p))


def test_an_interval_is_one_check_that_can_fail_whole() -> None:
    inside, below = results("1 < gaussian/normal:g < 4", "3 < gaussian/normal:g < 4")
    assert (inside.holds, below.holds) == (True, False)
    assert verdict([below]) == "not reproduced"
    assert inside.effect.size == pytest.approx((6.5 / 3 - 1) / math.sqrt(19 / 12))  # nearer end
    assert not run_check("gaussian/normal:g < gaussian/adversarial:g < 3").holds


def test_a_side_may_be_a_multiple() -> None:
    assert run_check("2 × gaussian/normal:g < gaussian/adversarial:g").means[0] == pytest.approx(
        13 / 3
    )
    assert not run_check("3 × gaussian/normal:g < gaussian/adversarial:g").holds


def test_a_single_run_is_never_clear() -> None:
    for check in ("gaussian/once:g > 1", "fig07:gaussian/normal:largest_top > 0.8",
                  "gaussian/once:g < gaussian/adversarial:g"):  # fmt: skip
        result = run_check(check)
        assert (result.holds, result.clear, result.single) == (True, False, True)


def test_runs_without_a_common_seed_are_not_clear() -> None:
    other = MEASURES.assign(seed=MEASURES["seed"] + 10, training="other")
    numbers = collect(pd.concat([MEASURES, other]), {}, CORRELATIONS)
    (result,) = run_checks(["gaussian/normal:g < gaussian/other:g"], numbers)
    assert (result.known, result.single, result.clear) == (True, False, False)
    assert verdict([result]) == "partly"  # seen in several runs, and told by none


def test_means_are_of_the_runs_that_all_sides_have() -> None:
    """The left side has one run more, which diverged on the right: it must not decide alone."""
    runs = {"left": [1, 1.1, 1.2, 1.3, -90], "right": [0.5, 0.7, 0.6, 0.9]}
    lines = [
        ("gaussian", training, seed, "fitted", "g", float(value))
        for training, values in runs.items()
        for seed, value in enumerate(values)
    ]
    numbers = collect(pd.DataFrame(lines, columns=MEASURES.columns), {}, CORRELATIONS)
    (result,) = run_checks(["gaussian/left:g < gaussian/right:g"], numbers)
    assert result.means == pytest.approx((1.15, 0.675))
    assert (result.runs, result.holds) == (4, False)
    assert verdict([result]) == "not reproduced"


@pytest.mark.parametrize(
    ("runs", "clear", "p"), [(2, False, 1 / 2), (4, False, 1 / 8), (5, True, 0)]
)
def test_a_difference_that_never_varies_is_clear_from_five_runs_on(runs, clear, p) -> None:
    lines = [
        ("gaussian", training, seed, "fitted", "outliers", value)
        for training, value in (("left", 1.0), ("right", 2.0))
        for seed in range(runs)
    ]
    numbers = collect(pd.DataFrame(lines, columns=MEASURES.columns), {}, CORRELATIONS)
    (result,) = run_checks(["gaussian/left:outliers < gaussian/right:outliers"], numbers)
    assert (result.holds, result.clear, result.p) == (True, clear, p)


def test_a_diverged_run_has_no_number() -> None:
    lines = [("gaussian", "left", seed, "fitted", "test_accuracy", 0.9) for seed in (0, 1)]
    lines += [("gaussian", "left", 2, "diverged", "test_accuracy", 0.33)]
    numbers = collect(pd.DataFrame(lines, columns=MEASURES.columns), {}, CORRELATIONS)
    (result,) = run_checks(["gaussian/left:test_accuracy > 0.8"], numbers)
    assert (result.means[0], result.runs) == (pytest.approx(0.9), 2)


def test_sides_may_be_numbers_of_figures_contrasts_correlations_or_constants() -> None:
    assert run_check("fig07:gaussian/normal:largest_top > 0.8").means == (0.9, 0.8)
    contrast = run_check("contrast:gaussian/normal/epoch5:contrast > 0.3")
    assert (contrast.means[0], contrast.runs) == (pytest.approx(0.405), 2)
    correlation = run_check("correlations:all:g > 0")
    assert (correlation.means[0], correlation.single, correlation.clear) == (0.4, False, True)
    assert run_check("correlations:all:g_low > 1e-1").holds is False
    assert run_check("-1.5 < correlations:all:g_high").means[1] == 0.6


@pytest.mark.parametrize(
    "check", ["a/b:g", "a/b:g = 3", "1 < a/b:g > 3", "3 > a/b:g > 1", "1 < a/b:g < 2 < 3"]
)
def test_checks_of_another_form_are_refused(check: str) -> None:
    with pytest.raises(ValueError, match=r"expected 'LEFT < RIGHT', .* found .*; write it so"):
        parse_check(check)


@pytest.mark.parametrize("side", ["what is this", "two × a/b:g", "2 × 3", "2×a/b:g"])
def test_sides_of_another_form_are_refused(side: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number, 'experiment:measure' or .* found"):
        parse_check(f"{side} < 1")


def test_the_verdict_follows_its_rule() -> None:
    clear, wrong = "gaussian/normal:g < gaussian/adversarial:g", "gaussian/normal:g > 3"
    unclear, unknown = "gaussian/normal:g < 2.5", "mars/normal:g < 1"
    once, once_wrong = "gaussian/once:g > 1", "gaussian/once:g < 1"
    assert verdict(results(clear)) == "reproduced"
    assert verdict(results(clear, unknown)) == "partly"  # a case that is not known
    assert verdict(results(clear, wrong)) == "partly"
    assert verdict(results(unclear)) == "partly"
    assert verdict(results(wrong)) == "not reproduced"
    assert verdict(results(wrong, unknown)) == "not reproduced"
    assert verdict(results(once)) == "seen once"
    assert verdict(results(once, clear)) == "seen once"
    assert verdict(results(once, unclear)) == "partly"
    assert verdict(results(once_wrong)) == "not reproduced"
    assert verdict(results(unknown)) == "not testable"
    assert verdict([]) == "not testable"
    assert verdict(results("correlations:all:few_low > 0")) == "not testable"  # too few trainings


def test_p_is_corrected_for_the_other_checks_of_the_claim() -> None:
    check = "gaussian/normal:g < gaussian/adversarial:g"
    alone, *together = results(check), *results(check, check, check)
    assert [result.p_holm for result in together] == pytest.approx([3 * alone[0].p] * 3)


def test_stars_stand_for_each_case() -> None:
    assert expand("*/normal:g < */adversarial:g", ["a", "b"]) == [
        "a/normal:g < a/adversarial:g",
        "b/normal:g < b/adversarial:g",
    ]
    assert expand("a:g < 1", ["x"]) == ["a:g < 1"]


def test_a_check_that_is_not_known_takes_no_part_in_the_correction() -> None:
    checks = ["gaussian/normal:g < 1000 × gaussian/normal:g < absent/normal:g"]
    alone = ["gaussian/normal:g < 1000 × gaussian/normal:g"]
    numbers = collect(MEASURES, {}, CORRELATIONS)
    (unknown,) = run_checks(checks, numbers)
    assert (unknown.known, np.isnan(unknown.p), np.isnan(unknown.effect.size)) == (
        False,
        True,
        True,
    )
    _, together = run_checks([*checks, *alone], numbers)
    assert together.p_holm == together.p
