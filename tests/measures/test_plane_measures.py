"""Measures of the boundary in the plane, on artifacts small enough to rank by hand."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.measures.plane import margin_order, plane_measures
from hessian_study.configuration.targets.columns import MEASURED


def samples(alignment: list[list[float]]) -> xr.Dataset:
    return xr.Dataset({"alignment": (("eigen", "sample"), np.array(alignment))})


def boundary(distance: list[float]) -> xr.Dataset:
    attributes = {"pieces": 3, "segments": 7, "length": 2.5, "turning": 0.4, "parts": 1}
    attributes["untraced"] = ""
    attributes["window"] = [[0.0, 2.0], [0.0, 2.0]]
    corners = np.array([[0.0, 0], [1, 0], [2, 0], [2, 1]])  # straight on, then around a corner
    return xr.Dataset(
        {
            "distance": ("sample", np.array(distance)),
            "start": (("piece", "feature"), corners[:-1]),
            "end": (("piece", "feature"), corners[1:]),
            "classes": (("piece", "side"), np.tile([0, 1], (3, 1))),
        },
        attrs=attributes,
    )


GRID = xr.Dataset(
    {
        "prediction": (("y", "x"), [[0, 0, 1]]),
        "alignment": (("eigen", "y", "x"), [[[0.1, -0.8, 0.9]]]),
    }
)


def test_the_exact_boundary_and_the_grid_are_put_together() -> None:
    values = plane_measures(GRID, samples([[0.9, -0.5, 0.1, np.nan]]), boundary([0.1, 0.2, 0.3, 1]))
    assert (values["pieces"], values["segments"], values["length"]) == (3, 7, 2.5)
    assert values["visible_pieces"] == 2
    assert values["margin_true"] == 0.1
    assert values["alignment_by_distance"] == -1  # the sample without direction is left out
    assert values["alignment_at_boundary"] == pytest.approx(0.85)
    assert values["switch_share"] == 1
    assert set(values) == set(MEASURED["plane_measures"])  # what a table can show


def test_networks_without_straight_pieces_have_the_grid_only() -> None:
    untraced = boundary([np.inf]).assign_attrs(untraced="the network is smooth")
    values = plane_measures(GRID, samples([[0.9]]), untraced)
    assert "alignment_at_boundary" in values
    assert "pieces" not in values


def test_eigenvectors_are_ordered_by_the_nearest_sample_they_own() -> None:
    alignment = [[0.9, 0.6, 0.0, 0.1, 0.0], [0.1, 0.2, -0.8, 0.0, 0.0], [0, 0, 0.0, 0.7, 0.4]]
    distance = np.array([0.3, 0.1, 0.2, 0.5, 0.01])
    # margins 0.1, 0.2, 0.5: the last sample aligns too weakly to count
    ordered = margin_order(samples(alignment)["alignment"], distance)
    assert ordered == {"order_by_margin": 1, "eigenvectors_with_margin": 3, "closest_by_first": 1}
    reverse = margin_order(samples(alignment[::-1])["alignment"], distance)
    assert reverse["order_by_margin"] == -1
    assert reverse["closest_by_first"] == 0  # the smallest margin, 0.1, is the third eigenvector's
    two = margin_order(samples(alignment[:2])["alignment"], distance)
    assert np.isnan(two["order_by_margin"])
    assert two["eigenvectors_with_margin"] == 2
