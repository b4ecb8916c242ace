"""Kendall's τ within blocks and partial τ, against scipy and closed forms."""

import numpy as np
from scipy.stats import kendalltau

from hessian_boundary.statistics.partial_tau import partial_tau, partial_tau_within, tau_within


def test_one_block_is_scipys_tau() -> None:
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 6, size=40).astype(float), draw.normal(size=40)
    found = tau_within(x, y, np.zeros(40), np.ones((1, 40)))
    np.testing.assert_allclose(found, kendalltau(x, y).statistic)


def test_blocks_count_by_their_pairs_and_are_not_mixed() -> None:
    x = np.array([0.0, 1, 2, 100, 99])
    y = np.array([0.0, 1, 2, 0, 1])
    found = tau_within(x, y, np.array([0, 0, 0, 1, 1]), np.ones((1, 5)))
    np.testing.assert_allclose(found, [(3 * 1 + 1 * -1) / 4])


def test_each_line_has_its_own_repetitions() -> None:
    draw = np.random.default_rng(1)
    x, y, block = draw.normal(size=8), draw.normal(size=8), np.array([0, 0, 0, 0, 0, 1, 1, 1])
    times = draw.integers(0, 3, size=(5, 8))
    found = tau_within(x, y, block, times)
    for line, value in zip(times, found, strict=True):
        repeated = np.repeat(np.arange(8), line)
        sizes, taus = [], []
        for code in (0, 1):
            mine = repeated[block[repeated] == code]
            sizes.append(len(mine) * (len(mine) - 1) / 2)
            taus.append(kendalltau(x[mine], y[mine]).statistic if len(set(mine)) > 1 else np.nan)
        known = np.isfinite(taus)
        expected = np.sum(np.array(sizes)[known] * np.array(taus)[known]) / np.sum(
            np.array(sizes)[known]
        )
        np.testing.assert_allclose(value, expected)


def test_a_block_of_ties_does_not_count_and_one_pair_does() -> None:
    x, y = np.array([0.0, 1, 5, 5, 5]), np.array([0.0, 1, 1, 2, 3])
    found = tau_within(x, y, np.array([0, 0, 1, 1, 1]), np.ones((1, 5)))
    assert found.tolist() == [1]


def test_without_pairs_nothing_is_known() -> None:
    assert np.isnan(tau_within(np.ones(3), np.arange(3.0), np.zeros(3), np.ones((1, 3)))).all()


def test_partial_tau_is_kendalls_formula() -> None:
    xy, xz, yz = np.array([0.5]), np.array([0.3]), np.array([0.6])
    expected = (0.5 - 0.18) / np.sqrt((1 - 0.09) * (1 - 0.36))
    np.testing.assert_allclose(partial_tau(xy, xz, yz), [expected])
    assert partial_tau(np.array([0.18]), xz, yz) == [0]
    assert np.isnan(partial_tau(np.array([1.0]), np.array([1.0]), np.array([1.0]))).all()


def test_partial_tau_is_of_the_blocks_in_which_all_three_have_an_order() -> None:
    draw = np.random.default_rng(3)
    x, y, z = draw.normal(size=(3, 12))
    block = np.repeat([0, 1], 6)
    x[block == 1] = 4.0  # a measure that is constant there
    found = partial_tau_within(x, y, z, block, np.ones((1, 12)))
    one = [values[:6] for values in (x, y, z)]
    xy, xz, yz = (kendalltau(one[a], one[b]).statistic for a, b in ((0, 1), (0, 2), (1, 2)))
    np.testing.assert_allclose(found, (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2)))
    both = tau_within(y, z, block, np.ones((1, 12)))
    assert abs(both[0] - yz) > 1e-3  # of both blocks it would be another
