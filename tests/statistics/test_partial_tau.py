"""Kendall's τ within blocks and partial τ, against scipy and closed forms."""

import numpy as np
from scipy.stats import kendalltau

from hessian_boundary.statistics.partial_tau import partial_tau, tau_within


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


def test_without_pairs_nothing_is_known() -> None:
    assert np.isnan(tau_within(np.ones(3), np.arange(3.0), np.zeros(3), np.ones((1, 3)))).all()


def test_partial_tau_is_kendalls_formula() -> None:
    xy, xz, yz = np.array([0.5]), np.array([0.3]), np.array([0.6])
    expected = (0.5 - 0.18) / np.sqrt((1 - 0.09) * (1 - 0.36))
    np.testing.assert_allclose(partial_tau(xy, xz, yz), [expected])
    assert partial_tau(np.array([0.18]), xz, yz) == [0]
    assert np.isnan(partial_tau(np.array([1.0]), np.array([1.0]), np.array([1.0]))).all()
