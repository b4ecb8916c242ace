"""Cosine against scalar product as the measure of alignment (Figure 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.map_row import map_rows
from hessian_boundary.figures.style import publication_style
from hessian_boundary.measures.boundary_alignment import boundary_distance

ARTIFACTS = ("dataset", "alignment_grid", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")
FEATURES = 2


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw two rows per experiment, of cosines and of scalar products on the same scale ±1.

    The prediction, which is the same for both, is drawn once.
    """
    rows = [
        each
        for row in map_rows(inputs, settings)
        for each in (
            replace(row, label="cosine", variable="alignment"),
            replace(row, label="scalar\nproduct", variable="scalar_product", heading=""),
        )
    ]
    bar = r"$A_i(x)$, and $\langle g_θ(x), v_i\rangle$ cut off at ±1"
    return draw_rows(rows, settings, bar=bar)[0]


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return where each metric says something, at all and strongly.

    share_above_0.1_alignment is the share of grid points where the cosine is more than 0.1,
    share_above_0.1_scalar_product that of the other, which has no scale of its own. So also, of the
    grid points above half of the largest value, the share within 5 % of the shorter side from the
    boundary: strong_near_boundary_alignment and strong_near_boundary_scalar_product.
    """
    count = settings["eigenvectors"]
    models = []
    for experiment, grid in zip(settings["experiments"], inputs["alignment_grid"], strict=True):
        if has_diverged(grid):
            continue
        values = {}
        for variable in ("alignment", "scalar_product"):
            strongest = abs(grid[variable].isel(eigen=slice(count))).max("eigen")
            values[f"share_above_0.1_{variable}"] = float((strongest > 0.1).mean())
            near = boundary_distance(grid["prediction"]) <= 0.05 * min(strongest.shape)
            strong = (strongest > strongest.max() / 2).values
            values[f"strong_near_boundary_{variable}"] = float(near[strong].mean())
        models.append((experiment, values))
    return numbers_table(models)
