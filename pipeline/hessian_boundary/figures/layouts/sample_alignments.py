"""Alignment of all training samples with the eigenvectors (Figures 2, 16, 20, 22 and 25)."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, message
from hessian_boundary.figures.numbers import sample_numbers
from hessian_boundary.figures.row_labels import common_data_set, row_labels
from hessian_boundary.figures.sample_panels import alignment_bands, alignment_lines
from hessian_boundary.figures.signs import with_common_signs
from hessian_boundary.figures.style import add_panel, figure_width, new_figure, publication_style

ARTIFACTS = ("dataset", "alignment_samples")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "columns", "width")
ALL_EIGENVECTORS = True
numbers = sample_numbers
# inches
LEFT, RIGHT, TOP, BOTTOM, GAP, PANEL_HEIGHT = 0.4, 0.08, 0.2, 0.4, 0.1, 1.5
ROW_GAP = 0.36  # for the numbers of one row and the titles of the next
NOTE = 0.12
NARROWEST = 1.4  # a panel, in a column


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a panel per experiment: signed A_i(x) of each training sample over i = 1…k.

    All panels have the same axes, and the signs of the first one of the same data set. `settings`
    has experiments, eigenvectors (k, or "all", as quantiles and on a logarithmic axis), note (see
    `new_figure`), and perhaps labels, columns (panels beside each other) and width (see
    `figure_width`).
    """
    width = figure_width(settings)
    sources = with_common_signs(settings["experiments"], inputs["alignment_samples"])
    columns = _columns(settings, len(sources), width - LEFT - RIGHT)
    rows = -(-len(sources) // columns)
    height = TOP + rows * PANEL_HEIGHT + (rows - 1) * ROW_GAP + BOTTOM + NOTE
    figure = new_figure(height, settings["note"], width)
    size = (width - LEFT - RIGHT - (columns - 1) * GAP) / columns
    count = _eigenvectors(settings, sources)
    panels = []
    for number, (title, samples) in enumerate(
        zip(_titles(settings, inputs["dataset"]), sources, strict=True)
    ):
        row, column = divmod(number, columns)
        left, top = LEFT + column * (size + GAP), TOP + row * (PANEL_HEIGHT + ROW_GAP)
        panels.append(add_panel(figure, left, top, size, PANEL_HEIGHT))
        panels[-1].set_title(title)
        if has_diverged(samples):
            message(panels[-1], DIVERGED)
            continue
        draw_panel = alignment_bands if settings["eigenvectors"] == "all" else alignment_lines
        draw_panel(panels[-1], samples, count, inputs["dataset"][number : number + 1])
        panels[-1].set_xlabel("eigenvector $i$" if number + columns >= len(sources) else "")
        panels[-1].set_ylabel("" if column else "alignment $A_i(x)$")
        panels[-1].tick_params(labelleft=not column)
    _explain_classes(panels)
    return figure


def _columns(settings: Mapping[str, Any], panels: int, width: float) -> int:
    return min(int(settings.get("columns", panels)), panels, int(width / NARROWEST))


def _eigenvectors(settings: Mapping[str, Any], sources: Sequence[xr.Dataset]) -> int:
    """Return how many eigenvectors the axes have room for: all of the panel that has most."""
    if settings["eigenvectors"] == "all":
        return max(samples.sizes["eigen"] for samples in sources)
    return int(settings["eigenvectors"])


def _titles(settings: Mapping[str, Any], data: Sequence[xr.Dataset]) -> list[str]:
    """Return the panels' titles, with the data set where it is the same in all."""
    shared = common_data_set(settings)
    labels = [label.replace("\n", " ") for label in row_labels(settings, data)]
    return [f"{shared}, {label}" for label in labels] if shared else labels


def _explain_classes(panels: Sequence[Axes]) -> None:
    """Draw a legend in the first panel, and in each that has other classes than the one before."""
    before: list[str] = []
    for axes in panels:
        handles, names = axes.get_legend_handles_labels()
        if names and names != before:
            axes.legend(handles, names, loc="upper right", handlelength=1.4)
        before = names or before
