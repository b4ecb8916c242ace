"""How alike neighbours are aligned: ordered, mixed and constant colours, samples left out."""

import numpy as np
import pytest

from hessian_boundary.alignment.neighbour_order import neighbour_order


def test_colours_are_in_order_where_neighbours_have_one() -> None:
    points = np.random.default_rng(0).normal(size=(200, 2))
    mixed = np.random.default_rng(1).normal(size=200)
    ordered = neighbour_order(points, np.stack([points[:, 0], -points[:, 1]]))
    assert ordered > 0.9 > 0.3 > abs(neighbour_order(points, mixed[None]))
    half = neighbour_order(points, np.stack([points[:, 0], mixed, np.ones(200)]))
    alone = [neighbour_order(points, values[None]) for values in (points[:, 0], mixed)]
    assert half == pytest.approx(np.mean(alone))  # what is the same everywhere has no order
    unknown = np.where(np.arange(200) < 5, np.nan, points[:, 0])
    assert neighbour_order(points, unknown[None]) == neighbour_order(points[5:], points[5:, :1].T)
    assert np.isnan(neighbour_order(points[:2], points[:2].T))
