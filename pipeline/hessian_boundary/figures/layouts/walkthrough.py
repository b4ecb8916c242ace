"""The method step by step on a one-dimensional data set (Figure 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.boundary import boundary_points
from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, message
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.step_by_step.line_panels import (
    alignment_curves,
    data_line,
    logit_curves,
    network,
    ranked_spectrum,
)
from hessian_boundary.figures.step_by_step.vector_panels import gradient_map, vector_map
from hessian_boundary.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    add_panel,
    figure_width,
    new_figure,
    publication_style,
)

ARTIFACTS = ("dataset", "model", "spectrum", "alignment_grid")
NEEDED, TAKEN = ("eigenvectors",), ("width",)
EXPERIMENTS, FEATURES = 1, 1
# width -> panel -> (left, top, width, height), all in inches; (A), (C.1), (C.3) and (C.5) share the
# axis x, and C.3 and C.4 the colours of the components
PLACES = {
    PAGE_WIDTH: {
        "A": (0.42, 0.2, 4.2, 0.32),
        "B": (5.05, 0.2, 1.85, 1.5),
        "C.1": (0.42, 0.8, 4.2, 0.9),
        "C.3": (0.42, 2.0, 4.2, 1.6),
        "C.4": (5.05, 2.0, 1.2, 1.6),
        "components": (6.37, 2.0, 0.08, 1.6),
        "C.5": (0.42, 4.0, 4.2, 1.0),
        "C.2": (5.15, 4.0, 1.75, 1.0),
    },
    COLUMN_WIDTH: {
        "A": (0.42, 0.2, 2.7, 0.32),
        "C.1": (0.42, 0.8, 2.7, 0.9),
        "C.3": (0.42, 2.0, 2.7, 1.6),
        "C.5": (0.42, 3.9, 2.7, 1.0),
        "B": (0.1, 5.5, 1.45, 1.5),
        "C.4": (1.85, 5.5, 0.8, 1.5),
        "components": (2.75, 5.5, 0.08, 1.5),
        "C.2": (0.5, 7.5, 2.6, 1.0),
    },
}
BELOW = 0.5  # for the axis of the last panel and the note


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw (A) data, (B) network, (C.1) logits, (C.2) spectrum, (C.3) gradients, (C.4), (C.5).

    The alignment on the grid has gradient(parameter, x); `settings` has eigenvectors (k, of C.2,
    C.4 and C.5), note (see `new_figure`) and perhaps width (see `figure_width`).
    """
    (dataset,), (model,), (spectrum,) = inputs["dataset"], inputs["model"], inputs["spectrum"]
    (grid,), eigenvectors = inputs["alignment_grid"], settings["eigenvectors"]
    width = figure_width(settings)
    places = PLACES[width]
    height = max(top + own for _, top, _, own in places.values()) + BELOW
    figure = new_figure(height, settings["note"], width)
    panels = {name: add_panel(figure, *place) for name, place in places.items()}
    data_line(panels["A"], dataset, grid)
    network(panels["B"], model)
    if has_diverged(spectrum):
        panels.pop("components").remove()
        for name in ("C.1", "C.2", "C.3", "C.4", "C.5"):
            message(panels[name], DIVERGED)
        return figure
    logit_curves(panels["C.1"], grid)
    ranked_spectrum(panels["C.2"], spectrum, eigenvectors)
    gradient_map(panels["C.3"], grid, model)
    image = vector_map(panels["C.4"], spectrum, eigenvectors, grid)
    figure.colorbar(image, cax=panels["components"], label="component")
    alignment_curves(panels["C.5"], grid, eigenvectors)
    return figure


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the boundary points, and how far each A_i flips there (Appendix A).

    boundary_points is how many there are; boundary_point_1, boundary_point_2, … where they lie.
    A_1_flip, A_2_flip, …: of the boundary points at which A_i changes its sign, the largest
    min(|A_i| left, |A_i| right); 0 if there is none. points_of_first_flips: 2 where A_1 and A_2
    flip most at different boundary points, 1 at the same one, 0 where one of them does not flip.
    """
    (experiment,), (grid,) = settings["experiments"], inputs["alignment_grid"]
    if has_diverged(grid):
        return numbers_table([])
    x = grid["x"].values
    points = boundary_points(x, grid["logits"].values)
    values = {f"boundary_point_{n}": float(point) for n, point in enumerate(points, start=1)}
    values["boundary_points"] = float(len(points))
    after = np.searchsorted(x, points)
    strongest: list[int | None] = []
    for i in range(min(settings["eigenvectors"], grid.sizes["eigen"])):
        alignment = grid["alignment"].isel(eigen=i).values
        left, right = alignment[after - 1], alignment[after]
        flips = np.where(left * right < 0, np.minimum(np.abs(left), np.abs(right)), 0)
        values[f"A_{i + 1}_flip"] = float(flips.max(initial=0))
        strongest.append(int(flips.argmax()) if flips.any() else None)
    first_two = strongest[:2]
    values["points_of_first_flips"] = 0.0 if None in first_two else float(len({*first_two}))
    return numbers_table([(experiment, values)])
