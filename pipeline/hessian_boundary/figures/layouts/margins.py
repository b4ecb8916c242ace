"""Alignments, spectrum, and the margin estimated from v_1 beside the true one (Figure 18)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.map_row import map_rows
from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.figures.numbers import numbers_table, spectral_summary
from hessian_boundary.figures.panels import class_map
from hessian_boundary.figures.rows import draw_rows
from hessian_boundary.figures.style import ACCENT, publication_style
from hessian_boundary.measures.boundary_alignment import alignment_at_boundary

ARTIFACTS = ("dataset", "alignment_grid", "alignment_samples", "margin", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels",)
FEATURES = 2
# name in the artifact -> (symbol, marker, colour)
POINTS = {
    "x_boundary": ("$x_b$", "*", ACCENT),
    "x_max": ("$x_t^{max}$", "o", "#F0E442"),
    "x_min": ("$x_t^{min}$", "s", "#9467bd"),
}


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment, its last panel the margin."""
    rows, count = map_rows(inputs, settings), settings["eigenvectors"]
    figure, panels = draw_rows(
        rows, count, settings["note"], inputs["alignment_samples"], further=1
    )
    for row, axes, margin, boundary in zip(
        rows, panels, inputs["margin"], inputs["decision_boundary"], strict=True
    ):
        if not has_diverged(row.source):
            class_map(axes[-1], row.source, row.dataset, boundary)
            _draw_margin(axes[-1], margin, boundary)
    handles, labels = panels[0][-1].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower right", bbox_to_anchor=(1, 0.12 / figure.get_figheight()),
        ncols=3, handletextpad=0.1, columnspacing=0.8,
    )  # fmt: skip
    return figure


def _draw_margin(axes: Axes, margin: xr.Dataset, boundary: xr.Dataset) -> None:
    centre = margin["x_boundary"].values
    corners = [margin[name].values for name in ("x_max", "x_min")]
    nearest = min(corners, key=lambda corner: float(np.linalg.norm(corner - centre)))
    axes.plot(*np.stack([centre, nearest]).T, color="black", linewidth=0.8, linestyle="--")
    for name, (symbol, marker, colour) in POINTS.items():
        axes.plot(
            *margin[name].values, marker=marker, color=colour, label=symbol, linestyle="none",
            markersize=6 if marker == "*" else 4, markeredgecolor="black", markeredgewidth=0.5,
        )  # fmt: skip
    true = float(boundary["distance"].min())
    axes.set_title(f"margin {margin.attrs['margin']:.2f}, true {true:.2f}", fontsize=6)
    axes.tick_params(labelbottom=False, labelleft=False)  # the titles need the room


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return margins estimated and true, how well x_b was found, and the measures of the model.

    margin_estimated is that of `boundary.margin` (Appendix I.3), margin_true the smallest distance
    of a training sample from the exact boundary.
    """
    models = []
    for experiment, grid, samples, margin, boundary in zip(
        settings["experiments"],
        *(inputs[kind] for kind in ARTIFACTS[1:]),
        strict=True,
    ):
        if not has_diverged(grid):
            values = {
                "margin_estimated": float(margin.attrs["margin"]),
                "margin_true": float(boundary["distance"].min()),
                "squared_cosine_at_x_boundary": float(margin.attrs["squared_cosine"]),
                "pieces": float(boundary.attrs.get("pieces", np.nan)),
            }
            values |= alignment_at_boundary(grid, settings["eigenvectors"])
            models.append((experiment, values | spectral_summary(samples)))
    return numbers_table(models)
