"""Alignments, spectrum, and the margin estimated from v_1 beside the true one (Figure 18)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, message
from hessian_boundary.figures.numbers import numbers_table, spectral_summary
from hessian_boundary.figures.panels import class_map, training_part
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.map_row import MapRow, map_rows
from hessian_boundary.figures.style import ACCENT, SMALL, publication_style
from hessian_boundary.measures.boundary_alignment import alignment_at_boundary

ARTIFACTS = ("dataset", "alignment_grid", "alignment_samples", "margin", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")
FEATURES = 2
# name in the artifact -> (symbol, marker, colour)
POINTS = {
    "x_boundary": ("$x_b$", "*", "white"),
    "x_max": (r"$x_t^{\mathrm{max}}$", "o", "#F0E442"),
    "x_min": (r"$x_t^{\mathrm{min}}$", "s", "#CC79A7"),
}
AROUND = 0.35  # of what is to be seen, shown on each side


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment, its last panel the margin on equal axes: distances are to scale.

    `settings` has what `draw_rows` takes, and perhaps labels.
    """
    rows = map_rows(inputs, settings)
    margins = list(zip(inputs["margin"], inputs["decision_boundary"], strict=True))
    titles = [[_title(row, *margin)] for row, margin in zip(rows, margins, strict=True)]
    figure, panels = draw_rows(rows, settings, inputs["alignment_samples"], further=titles)
    for row, axes, (margin, boundary) in zip(rows, panels, margins, strict=True):
        if has_diverged(row.source):
            message(axes[-1], DIVERGED)
        else:
            class_map(axes[-1], row.source, row.dataset, boundary)
            _draw_margin(axes[-1], margin, boundary, training_part(row.dataset)["x"].values)
    return figure


def _title(row: MapRow, margin: xr.Dataset, boundary: xr.Dataset) -> str:
    if has_diverged(row.source):
        return "margin"
    estimated, true = margin.attrs["margin"], float(boundary["distance"].min())
    return f"estimated {estimated:.2f} (- -)\ntrue {true:.2f} (—)"


def _draw_margin(
    axes: Axes, margin: xr.Dataset, boundary: xr.Dataset, training: np.ndarray
) -> None:
    """Draw x_b, x_t^max and x_t^min, joined, and the nearest training sample's way to the boundary.

    The margin is the shorter of the two distances from x_b, a dashed line; the other is dotted.
    """
    centre = margin["x_boundary"].values
    ends = sorted(
        (margin[name].values for name in ("x_max", "x_min")),
        key=lambda end: float(np.linalg.norm(end - centre)),
    )
    nearest = int(boundary["distance"].values.argmin())
    true = np.stack([training[nearest], boundary["nearest"].values[nearest]])
    for end, style in zip(ends, ("--", ":"), strict=True):
        axes.plot(*np.stack([centre, end]).T, color="black", linewidth=0.9, linestyle=style)
    axes.plot(*true.T, color=ACCENT, linewidth=1.4, label="true margin")
    for name, (symbol, marker, colour) in POINTS.items():
        x, y = margin[name].values
        axes.plot(
            x, y, marker=marker, color=colour, label=symbol, linestyle="none",
            markersize=6 if marker == "*" else 4, markeredgecolor="black", markeredgewidth=0.5,
        )  # fmt: skip
        axes.annotate(
            symbol, (x, y), (4, 1), textcoords="offset points", fontsize=SMALL,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )  # fmt: skip
    seen = np.concatenate([[centre], ends, true[np.isfinite(true).all(1)]])
    middle = (seen.max(0) + seen.min(0)) / 2
    half = (0.5 + AROUND) * float(np.ptp(seen, axis=0).max())
    low, high = middle - half, middle + half
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")


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
