"""Sign errors by environment against a plain loop."""

import numpy as np
import pytest

from hessian_boundary.statistics.granulated import agreement
from hessian_boundary.statistics.knob_pairs import Pairs, pairs_on_one_axis
from hessian_boundary.statistics.sign_errors import (
    FEWEST,
    error_deviation,
    sign_errors,
    summarised,
    told_apart,
)


def test_errors_are_those_of_a_plain_loop() -> None:
    draw = np.random.default_rng(5)
    pairs = pairs_on_one_axis(draw.integers(0, 2, size=(30, 3)))
    measure, error = draw.integers(0, 5, size=30).astype(float), draw.normal(size=30)
    weights = told_apart(error, np.full(30, 0.2), pairs)
    expected = []
    for axis in np.unique(pairs.axis):
        wrong, total = 0.0, 0
        for i, j, own in zip(pairs.first, pairs.second, pairs.axis, strict=True):
            if own != axis or abs(error[i] - error[j]) <= 2 * np.sqrt(0.2**2 + 0.2**2):
                continue
            same = np.sign(measure[i] - measure[j]) * np.sign(error[i] - error[j])
            wrong, total = wrong + (0.5 if same == 0 else float(same < 0)), total + 1
        if total >= FEWEST:
            expected.append(wrong / total)
    found = sign_errors(agreement(measure, error, pairs), weights, pairs.axis)
    assert len(expected) == 3
    np.testing.assert_allclose(found, [expected])


def test_pairs_within_noise_have_no_weight() -> None:
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]), np.array([0, 0]))
    weights = told_apart(np.array([0.10, 0.12, 0.20]), np.full(3, 0.01), pairs)
    assert weights.tolist() == [0, 1]
    exactly = told_apart(
        np.array([0.0, 2.0]), np.array([1.0, 0.0]), Pairs(*np.array([[0], [1], [0]]))
    )
    assert exactly.tolist() == [0]  # two standard deviations are noise still


def test_no_error_among_few_samples_has_a_deviation_all_the_same() -> None:
    found = error_deviation(np.array([0.0, 4 / 60, 0.25]), np.array([60.0, 60.0, 1e6]))
    assert found[0] == pytest.approx((2 / 64 * 62 / 64 / 64) ** 0.5)  # by hand
    assert found[2] == pytest.approx((0.25 * 0.75 / 1e6) ** 0.5, rel=1e-4)
    pair = Pairs(*np.array([[0], [1], [0]]))
    assert told_apart(np.array([0.0, 4 / 60]), found[:2], pair).tolist() == [0]


def test_an_environment_of_few_pairs_says_nothing() -> None:
    axis = np.array([0, 0, 1, 1, 1])
    found = sign_errors(np.array([[1.0, 1, -1, -1, -1]]), np.ones(5), axis)
    assert found.tolist() == [[1]]
    nothing = sign_errors(np.array([[1.0, 1]]), np.ones(2), np.zeros(2))
    assert nothing.shape == (1, 0)
    assert all(np.isnan(values).all() for values in summarised(nothing).values())


def test_median_ninth_decile_and_worst() -> None:
    levels = summarised(np.linspace(0, 1, 11)[None])
    np.testing.assert_allclose(
        [levels[name][0] for name in ("median", "90", "worst")], [0.5, 0.9, 1]
    )


def test_nine_in_ten_environments_err_no_more_than_the_percentile() -> None:
    errors = np.array([[0.0, 0.8, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4, 0.5]])
    found = summarised(errors)
    assert found["90"].tolist() == [0.8, 0.5]  # four of five are not nine in ten
    many = np.linspace(0, 0.9, 10)[None]
    assert summarised(many)["90"][0] == pytest.approx(0.8)
    assert ((many <= summarised(many)["90"]).mean(), found["median"].tolist()) == (0.9, [0.0, 0.3])
