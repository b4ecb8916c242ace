"""Numbers as a reader wants them."""

import pytest

from helpers.made_up_report import NAN
from hessian_boundary.wording.labels import measure_label
from hessian_boundary.wording.numbers import (
    at_least,
    duration,
    mean_and_deviation,
    measured,
    number,
    p_value,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (0.123456, "0.1235"), (-12.3456, "-12.35"), (98765.4, "98765"),
        (1.23456e-7, "1.23 × 10⁻⁷"), (-4e12, "-4 × 10¹²"), (NAN, "–"), (float("-inf"), "−∞"),
        (9.99996, "10"), (99999.9, "100000"), (999999.9, "1 × 10⁶"), (9999.96, "10000"),
        (9.9996e7, "1 × 10⁸"), (0.00099999, "0.001"), (9.996e-8, "1 × 10⁻⁷"),
    ],
)  # fmt: skip
def test_four_digits_or_a_power_of_ten(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "runs", "text"),
    [
        (0.05514, 0.00372, 5, "0.0551 ± 0.0037"),
        (0.05514, NAN, 1, "0.05514"),
        (0.05514, 0.0, 1, "0.05514"),
        (4.0, 0.0, 5, "4 ± 0"),
        (2.5e-9, 1.5e-10, 3, "(2.50 ± 0.15) × 10⁻⁹"),
        (1e-9, 0.2, 3, "0.00 ± 0.20"),
        (NAN, NAN, 0, "–"),
    ],
)
def test_a_deviation_needs_several_runs(
    mean: float, deviation: float, runs: int, text: str
) -> None:
    assert measured(mean, deviation, runs) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.26, "1.3 s"), (90, "2 min"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_lower_bounds_say_that_they_are() -> None:
    assert [at_least(10.0), at_least(0.123456), at_least(NAN)] == ["≥ 10", "≥ 0.1235", "–"]
    assert measure_label("g_theta_max_at_least") == "G_θ (max), at least"
    assert measure_label("some_thing_at_least") == "some thing, at least"


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (0.05514, 0.00372, "0.0551 ± 0.0037"),
        (19.604, 0.153, "19.60 ± 0.15"),
        (2237.6, 3526.8, "2238 ± 3527"),
        (163980443, 366663450, "(1.6 ± 3.7) × 10⁸"),
        (12345678, float("nan"), "1.235 × 10⁷"),
        (20000, 0.0, "20000 ± 0"),
        (0.99999999968, 5.5e-11, "1.000000 ± 0.000000"),
        (0.5, float("nan"), "0.5"),
        (9999.99, float("nan"), "10000"),
        (3.5e-8, 1.2e-9, "(3.50 ± 0.12) × 10⁻⁸"),
        (0.0, 2e-9, "(0.0 ± 2.0) × 10⁻⁹"),
        (0.25, 0.0, "0.25 ± 0"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_two_digits_of_the_deviation(mean: float, deviation: float, text: str) -> None:
    assert mean_and_deviation(mean, deviation) == text


def test_small_p_values_are_bounds() -> None:
    assert [p_value(p) for p in (0.0004, 0.0396, 1.0, NAN)] == ["< 0.001", "0.040", "1.000", "–"]
