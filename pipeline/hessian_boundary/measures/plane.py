"""Measures of a model of planar inputs: its boundary, exact and as the gradients see it."""

import numpy as np
import xarray as xr
from scipy.stats import kendalltau

from hessian_boundary.boundary.visible_pieces import visible_pieces
from hessian_boundary.measures.boundary_alignment import (
    STRONG,
    alignment_at_boundary,
    section_separation,
    sections,
    sign_switches,
)

EIGENVECTORS = 5  # PAPER: the top five of Figure 5, said to suffice for the whole boundary
BOUNDARY = ("pieces", "segments", "length", "turning", "parts")


def plane_measures(grid: xr.Dataset, samples: xr.Dataset, boundary: xr.Dataset) -> dict[str, float]:
    """Return alignment at the boundary and, where it was traced, what the exact boundary says.

    pieces, segments, length, turning, parts: see `boundary.exact`; visible_pieces: see
    the module of this name. margin_true: the smallest distance of a training sample.
    alignment_by_distance: Kendall's τ between a sample's distance from the boundary and its largest
    |A_i|, i ≤ 5 (the paper: alignment falls with the distance, τ < 0). order_by_margin and
    closest_by_first: see `margin_order`.
    """
    values = alignment_at_boundary(grid, EIGENVECTORS) | sign_switches(grid, EIGENVECTORS)
    values |= sections(grid, EIGENVECTORS) | section_separation(grid, EIGENVECTORS)
    if boundary.attrs["untraced"]:
        return values
    distance = boundary["distance"].values
    strongest = abs(samples["alignment"].isel(eigen=slice(EIGENVECTORS))).max("eigen").values
    known = np.isfinite(distance) & np.isfinite(strongest)
    values |= {name: float(boundary.attrs[name]) for name in BOUNDARY}
    values["visible_pieces"] = float(visible_pieces(boundary))
    values["margin_true"] = float(distance.min())
    values["alignment_by_distance"] = float(kendalltau(distance[known], strongest[known]).statistic)
    return values | margin_order(samples["alignment"], distance)


def margin_order(alignment: xr.DataArray, distance: np.ndarray) -> dict[str, float]:
    """Say whether eigenvectors come in the order of the margin they encode (Appendix I.3).

    The margin of eigenvector i is the smallest distance from the boundary of a training sample
    whose strongest alignment among i ≤ 5 is with i and exceeds 0.5. Returns order_by_margin,
    Kendall's τ between i and that margin (1: the paper's order; NaN for fewer than three);
    eigenvectors_with_margin, how many have such a sample; and closest_by_first, 1 where the
    smallest of these margins is the first eigenvector's, else 0 (NaN where none has one).
    """
    top = abs(alignment.isel(eigen=slice(EIGENVECTORS))).fillna(0).values
    owner, strength = top.argmax(0), top.max(0)
    margins = [
        distance[mine].min() if (mine := (owner == index) & (strength > STRONG)).any() else np.nan
        for index in range(len(top))
    ]
    found = np.flatnonzero(np.isfinite(margins))
    tau = kendalltau(found, np.array(margins)[found]).statistic if len(found) > 2 else np.nan
    return {
        "order_by_margin": float(tau),
        "eigenvectors_with_margin": float(len(found)),
        "closest_by_first": float(np.nanargmin(margins) == 0) if len(found) else float("nan"),
    }
