"""Granulated Ψ against plain loops and closed forms."""

import numpy as np

from hessian_boundary.statistics.granulated import agreement, granulated_psi
from hessian_boundary.statistics.knob_pairs import Pairs, pairs_on_one_axis


def naive_psi(measure, error, pairs) -> float:
    along: dict[int, list[float]] = {}
    for i, j, axis in zip(pairs.first, pairs.second, pairs.axis, strict=True):
        sign = np.sign(measure[i] - measure[j]) * np.sign(error[i] - error[j])
        along.setdefault(int(axis), []).append(float(sign))
    return float(np.mean([np.mean(signs) for signs in along.values()]))


def example() -> tuple[np.ndarray, np.ndarray, Pairs]:
    draw = np.random.default_rng(3)
    pairs = pairs_on_one_axis(draw.integers(0, 2, size=(30, 4)))
    return draw.integers(0, 4, size=30).astype(float), draw.normal(size=30), pairs


def test_psi_is_that_of_a_plain_loop() -> None:
    measure, error, pairs = example()
    agreements = agreement(measure, error, pairs)
    psi = granulated_psi(agreements, pairs.axis, np.ones((1, len(pairs))))
    np.testing.assert_allclose(psi, [naive_psi(measure, error, pairs)])


def test_the_error_itself_has_one_and_its_opposite_minus_one() -> None:
    _, error, pairs = example()
    ones = np.ones((1, len(pairs)))
    assert granulated_psi(agreement(error, error, pairs), pairs.axis, ones) == [1]
    assert granulated_psi(agreement(-error, error, pairs), pairs.axis, ones) == [-1]
    assert granulated_psi(agreement(0 * error, error, pairs), pairs.axis, ones) == [0]
    assert granulated_psi(agreement(error, 0 * error, pairs), pairs.axis, ones) == [0]


def test_a_measure_of_one_setting_counts_there_only() -> None:
    settings = np.array([[i, j] for i in range(3) for j in range(3)])
    pairs = pairs_on_one_axis(settings)
    error = settings[:, 0] - 10.0 * settings[:, 1]
    psi = granulated_psi(agreement(settings[:, 0], error, pairs), pairs.axis, np.ones(len(pairs)))
    assert psi == [0.5]  # 1 along the first, 0 (all ties) along the second


def test_weights_are_repetitions_and_an_axis_without_any_is_left_out() -> None:
    agreements, axis = np.array([1.0, -1.0, 1.0]), np.array([0, 0, 1])
    weights = np.array([[1, 1, 1], [3, 1, 1], [1, 1, 0], [0, 0, 0]])
    psi = granulated_psi(agreements, axis, weights)
    np.testing.assert_allclose(psi, [0.5, (0.5 + 1) / 2, 0, np.nan])


def test_several_rankings_are_taken_line_by_line() -> None:
    measure, error, pairs = example()
    lines = np.stack([measure, -measure, error])
    found = agreement(lines, error, pairs)
    for line, values in zip(found, lines, strict=True):
        assert (line == agreement(values, error, pairs)).all()
