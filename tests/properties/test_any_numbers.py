"""Small exact things against loops that are written out here."""

import itertools
from collections import Counter

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.examples import examples
from hessian_boundary import g_theta, grid_window
from hessian_boundary.certificates.certificate import spread
from hessian_boundary.data.dataset import random_labels
from hessian_boundary.data.input_window import grid_points
from hessian_boundary.data.splitting import split
from hessian_boundary.measures.g_theta import alignment_statistic, threshold
from hessian_boundary.measures.outliers import edge_rule, gap_rule, outlier_measures
from hessian_boundary.statistics.permutation import mean_signs, permutation_p

COSINES = st.floats(-1, 1).map(lambda value: round(value, 6))


def tables(rows: st.SearchStrategy, columns: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(rows, columns).flatmap(
        lambda size: st.lists(
            st.lists(COSINES, min_size=size[1], max_size=size[1]),
            min_size=size[0],
            max_size=size[0],
        )
    )


TABLES = tables(st.integers(1, 5), st.integers(1, 4))


@examples(200)
@given(TABLES, st.floats(0, 1), st.integers(0, 9), st.sampled_from(["max", "mean"]))
def test_g_theta_counts_eigenvectors(table, epsilon, null_space, statistic) -> None:
    found = xr.DataArray(np.array(table), dims=("eigen", "sample"))
    count = 0
    for row in table:
        sizes = [abs(value) for value in row]
        value = max(sizes) if statistic == "max" else sum(sizes) / len(sizes)
        assume(abs(value - epsilon) > 1e-12)
        count += value > epsilon
    parameters = len(table) + null_space
    assert g_theta(found, parameters, epsilon, statistic) == count / parameters


@examples(100)
@given(TABLES)
def test_the_threshold_is_the_mean_of_the_largest(table) -> None:
    expected = sum(max(abs(value) for value in row) for row in table) / len(table)
    found = xr.DataArray(np.array(table), dims=("direction", "sample"))
    assert threshold(found) == pytest.approx(expected, abs=1e-15)


@examples(100)
@given(TABLES, st.data())
def test_samples_without_a_direction_do_not_count(table, data) -> None:
    column = data.draw(st.integers(0, len(table[0])))
    wider = np.insert(np.array(table), column, np.nan, axis=1)
    for statistic in ("max", "mean"):
        with_it, without = (
            alignment_statistic(xr.DataArray(np.array(values), dims=("eigen", "sample")), statistic)
            for values in (wider, table)
        )
        np.testing.assert_allclose(with_it, without, rtol=1e-14)


@examples(200)
@given(st.integers(0, 500), st.integers(2, 60))
def test_spread_indices(total, count) -> None:
    found = spread(total, count)
    assert found == sorted(set(found))
    assert len(found) == min(total, count)
    if total:
        assert (found[0], found[-1]) == (0, total - 1)
    steps = np.diff(found)
    assert len(steps) == 0 or steps.max() - steps.min() <= 1


RANGE = st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)).map(lambda r: (r[0], r[0] + r[1]))


@examples(100)
@given(st.lists(RANGE, min_size=1, max_size=2), st.integers(2, 9))
def test_grid_points(window, resolution) -> None:
    points, axes = grid_points(tuple(window), resolution)
    values = [
        [low + (high - low) * i / (resolution - 1) for i in range(resolution)]
        for low, high in window
    ]
    expected = [list(reversed(point)) for point in itertools.product(*reversed(values))]
    np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-10)
    assert list(axes) == (["y", "x"] if len(window) == 2 else ["x"])
    np.testing.assert_allclose(axes["x"], values[0], atol=1e-10)


@examples(100)
@given(st.lists(st.tuples(*[st.floats(-9, 9)] * 2), min_size=1, max_size=6), st.floats(0, 3))
def test_the_window_holds_the_data_with_its_margin(rows, margin) -> None:
    for (low, high), values in zip(
        grid_window(np.array(rows), margin), zip(*rows, strict=True), strict=True
    ):
        pad = margin * (max(values) - min(values))
        assert low == pytest.approx(min(values) - pad, abs=1e-12)
        assert high == pytest.approx(max(values) + pad, abs=1e-12)


@examples(100)
@given(st.integers(0, 300), st.floats(0, 0.8))
def test_splits_part_all_samples(samples, fraction) -> None:
    found = Counter(split(samples, fraction).tolist())
    assert found["train"] == int(fraction * samples)
    assert found["test"] == int(0.2 * samples)
    assert found.total() == samples
    assert set(found) <= {"train", "test", "validation"}


@examples(100)
@given(st.lists(st.integers(0, 4), max_size=30), st.lists(st.integers(0, 4), max_size=3))
def test_random_labels_move_only_within_their_groups(labels, group) -> None:
    y = np.array(labels, dtype=int)
    assert Counter(random_labels(y).tolist()) == Counter(labels)
    within = random_labels(y, [group])
    assert Counter(within.tolist()) == Counter(labels)
    outside = ~np.isin(y, group)
    np.testing.assert_array_equal(within[outside], y[outside])


VALUES = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0, 2.0, np.inf])
BLOCKS = st.lists(
    st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4), min_size=1, max_size=2
)


@examples(100)
@given(BLOCKS)
def test_p_is_the_share_of_all_orders(blocks) -> None:
    def sign(a: float, b: float) -> int:
        return (a > b) - (a < b)

    def total(orders: tuple[tuple[int, ...], ...]) -> int:
        return sum(
            sign(block[i][0], block[j][0]) * sign(block[order[i]][1], block[order[j]][1])
            for block, order in zip(blocks, orders, strict=True)
            for i, j in itertools.combinations(range(len(block)), 2)
        )

    orders = [itertools.permutations(range(len(block))) for block in blocks]
    totals = [abs(total(chosen)) for chosen in itertools.product(*orders)]
    expected = sum(value >= totals[0] for value in totals) / len(totals)
    pairs = [
        tuple(
            mean_signs(np.array(values), np.arange(len(block)))
            for values in zip(*block, strict=True)
        )
        for block in blocks
    ]
    assert permutation_p(pairs, np.random.default_rng(0)) == pytest.approx(expected)


EIGENVALUES = st.lists(st.floats(-100, 100).map(lambda v: round(v, 3)), max_size=60)


@examples(200)
@given(EIGENVALUES, st.floats(1e-3, 1e3), st.randoms(use_true_random=False))
def test_outliers_do_not_depend_on_order_nor_on_units(values, factor, shuffle) -> None:
    expected = outlier_measures(np.array(values))
    moved = list(values)
    shuffle.shuffle(moved)
    assert outlier_measures(np.array(moved)) == pytest.approx(expected, nan_ok=True)
    for name in ("outliers_gap", "outliers_edge"):
        if not np.isnan(expected[name]):
            assert expected[f"{name}_low"] <= expected[name] <= expected[f"{name}_high"]
            assert 0 <= expected[name] <= sum(value > 0 for value in values)


@examples(200)
@given(EIGENVALUES)
def test_edge_counts_what_is_beyond_the_mirror_image(values) -> None:
    lowest = -min(values, default=0)
    assume(lowest > 0 and all(abs(v - f * lowest) > 1e-9 for v in values for f in (1, 1.25, 2)))
    found = edge_rule(np.array(sorted(values, reverse=True)))
    counts = [sum(v > factor * lowest for v in values if v > 0) for factor in (1.25, 2, 1)]
    assert [found.count, found.low, found.high] == counts


@examples(100)
@given(st.integers(0, 5), st.integers(20, 60))
def test_a_gap_that_is_wide_is_found(outliers, bulk) -> None:
    values = [1000.0 * (outliers - i) for i in range(outliers)] + [
        1 + 0.01 * i for i in range(bulk)
    ]
    found = gap_rule(np.sort(values)[::-1])
    assert (found.count == outliers) if outliers else (found.count >= 0)
