"""The permutation test of groups against sums and orders written out here."""

import itertools

import numpy as np
import pytest
from scipy.stats import kendalltau

from hessian_boundary.statistics import permutation
from hessian_boundary.statistics.permutation import mean_signs, permutation_p


def by_hand(pieces: list[list[float]], g: list[list[float]]) -> dict[tuple[int, ...], float]:
    """Sum of the products of mean signs over pairs of trainings, for every order of g's."""

    def mean_sign(a: list[float], b: list[float]) -> float:
        return float(np.mean([np.sign(x - y) for x in a for y in b]))

    return {
        order: sum(
            mean_sign(pieces[i], pieces[j]) * mean_sign(g[order[i]], g[order[j]])
            for i, j in itertools.combinations(range(len(g)), 2)
        )
        for order in itertools.permutations(range(len(g)))
    }


def test_p_counts_all_orders_of_whole_groups_within_blocks() -> None:
    draw = np.random.default_rng(3)
    sums, blocks = [], []
    for sizes in ([2, 4, 1], [3, 3], [1, 2]):  # unequal numbers of members
        x, y = (
            [draw.integers(9, size=size).astype(float).tolist() for size in sizes] for _ in "xy"
        )
        sums.append(by_hand(x, y))
        groups = np.repeat(range(len(sizes)), sizes)
        blocks.append(tuple(mean_signs(np.concatenate(values), groups) for values in (x, y)))
    observed = sum(next(iter(orders.values())) for orders in sums)  # the first order is theirs
    totals = [sum(chosen) for chosen in itertools.product(*(orders.values() for orders in sums))]
    assert len(totals) == 6 * 2 * 2
    expected = np.mean([abs(total) >= abs(observed) - 1e-9 for total in totals])
    assert 0.1 < expected < 0.9
    assert permutation_p(blocks, draw) == pytest.approx(expected)


def test_mean_signs_are_counted_pair_by_pair() -> None:
    found = mean_signs(np.array([1.0, np.inf, 2.0, np.inf]), np.array(["b", "a", "b", "a"]))
    assert found.tolist() == [[0, 1], [-1, 0]]
    found = mean_signs(np.array([1.0, 3.0, 2.0, 1.0]), np.array([0, 0, 1, 1]))
    assert found[0, 1] == (-1 + 0 + 1 + 1) / 4


def test_drawn_orders_agree_with_enumerated_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(4)
    groups = np.repeat(range(4), 3)
    blocks = [
        (mean_signs(x, groups), mean_signs(x + 3 * draw.normal(size=12), groups))
        for x in draw.normal(size=(2, 12))
    ]
    exact = permutation_p(blocks, draw)
    monkeypatch.setattr(permutation, "PERMUTATIONS", 500)  # 4!² = 576 are more
    sampled = permutation_p(blocks, np.random.default_rng(5))
    assert sampled != exact
    assert sampled == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / 500))


def test_drawn_orders_are_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two groups every order gives the same size of T: p is 1, were they all drawn."""
    monkeypatch.setattr(permutation, "PERMUTATIONS", 1)  # 2! are more
    matrix = np.array([[0.0, 0.3], [-0.3, 0.0]])
    for seed in range(20):
        assert permutation_p([(matrix, matrix)], np.random.default_rng(seed)) == 1


def test_drawn_orders_have_the_tail_of_kendalls_tau() -> None:
    """8! orders are too many to count; their share in the tail is known (Kendall 1938)."""
    places, order = np.arange(8.0), np.array([2.0, 0, 1, 5, 3, 7, 4, 6])
    for values in (order, np.array([1.0, 4, 0, 6, 3, 2, 7, 5])):
        pair = tuple(permutation.signs(each) for each in (places, values))
        expected = kendalltau(places, values, method="exact").pvalue
        found = [permutation_p([pair], np.random.default_rng(seed)) for seed in range(4)]
        spread = np.sqrt(expected * (1 - expected) / 40_000)
        assert np.mean(found) == pytest.approx(expected, abs=3 * spread)
