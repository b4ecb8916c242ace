"""Effect sizes and corrected p-values, against worked examples and simulation."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, nct, ttest_1samp

from hessian_boundary.statistics.effect import holm, paired_effect


def test_the_effect_is_the_mean_in_standard_deviations() -> None:
    effect = paired_effect([1.0, 2.0, 3.0])
    assert effect.size == 2.0
    assert effect.p == pytest.approx(ttest_1samp([1.0, 2.0, 3.0], 0).pvalue)
    assert paired_effect([-1.0, -2.0, -3.0]).size == -2.0
    assert paired_effect([1.0, 5.0, 6.0]).size == pytest.approx(4 / math.sqrt(7))


def test_the_ends_of_the_interval_leave_a_fortieth_on_their_side() -> None:
    values = [0.3, 0.9, 0.1, 0.7, 0.4]
    effect, t = paired_effect(values), ttest_1samp(values, 0).statistic
    assert nct.sf(t, 4, math.sqrt(5) * effect.low) == pytest.approx(0.025, rel=1e-3)
    assert nct.cdf(t, 4, math.sqrt(5) * effect.high) == pytest.approx(0.025, rel=1e-3)


def test_the_interval_holds_the_true_effect_in_95_percent_of_samples() -> None:
    draw = np.random.default_rng(0)
    held = [
        effect.low < 1.5 < effect.high
        for _ in range(200)
        for effect in [paired_effect(draw.normal(1.5, 1, 5))]
    ]
    assert 0.9 < np.mean(held) < 0.99


def test_without_spread_or_without_pairs() -> None:
    same, none = paired_effect([2.0, 2.0]), paired_effect([0.0, 0.0])
    assert (same.size, same.low, same.high, same.p) == (math.inf, math.inf, math.inf, 0.5)
    assert (none.size, none.low, none.high, none.p) == (0.0, 0.0, 0.0, 1.0)
    assert paired_effect([-2.0, -2.0]).size == -math.inf
    assert paired_effect([-1.0] * 4).p == pytest.approx(binomtest(0, 4).pvalue) == 1 / 8
    # of five, as with a little spread: not less certain without
    assert paired_effect([-1.0] * 5).p == 0 < paired_effect([-1.0] * 4 + [-1.001]).p < 1e-6
    assert math.isnan(paired_effect([1.0]).p)
    assert math.isnan(paired_effect([]).size)


def test_holm_as_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.8, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([1, 0]) == [1.0, 0.0]
    found = holm([math.nan, 0.02, 0.01])
    assert math.isnan(found[0])
    assert found[1:] == pytest.approx([0.02, 0.02])
    assert holm([]) == []
