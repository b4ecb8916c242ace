"""Figure 4: the method step by step on the one-dimensional toy data set."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from pipeline.figures.boundary import has_diverged
from pipeline.figures.line_panels import (
    alignment_curves,
    data_line,
    gradient_map,
    logit_curves,
    network,
    ranked_spectrum,
    vector_map,
)
from pipeline.figures.panels import DIVERGED, message
from pipeline.figures.style import add_panel, new_figure, publication_style

# panel -> (left, top, width, height) in inches; (A), (C.1), (C.3) and (C.5) share the axis x
PLACES = {
    "A": (0.42, 0.2, 4.2, 0.32),
    "B": (5.0, 0.2, 1.9, 1.5),
    "C.1": (0.42, 0.8, 4.2, 0.9),
    "C.3": (0.42, 2.0, 4.2, 1.6),
    "C.4": (5.0, 2.0, 1.2, 1.6),
    "components": (6.32, 2.0, 0.08, 1.6),
    "C.5": (0.42, 4.0, 4.2, 1.0),
    "C.2": (5.0, 4.0, 1.9, 1.0),
}
HEIGHT = 5.4


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw (A) data, (B) network, (C.1) logits, (C.2) spectrum, (C.3) gradients, (C.4), (C.5).

    `inputs` has datasets, models, spectra, grids (with gradient(parameter, x)) and samples, one
    each; `settings` has eigenvectors (k, of C.2, C.4 and C.5) and profile (a note).
    """
    (dataset,), (model,), (spectrum,) = inputs["datasets"], inputs["models"], inputs["spectra"]
    (grid,), eigenvectors = inputs["grids"], settings["eigenvectors"]
    figure = new_figure(HEIGHT, settings["profile"])

    panels = {name: add_panel(figure, *place) for name, place in PLACES.items()}
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
