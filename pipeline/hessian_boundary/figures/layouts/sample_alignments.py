"""Alignment of all training samples with the eigenvectors (Figures 2, 16, 20, 22 and 25)."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, message
from hessian_boundary.figures.numbers import sample_numbers
from hessian_boundary.figures.panels import alignment_lines
from hessian_boundary.figures.row_labels import row_labels
from hessian_boundary.figures.style import PAGE_WIDTH, add_panel, new_figure, publication_style

ARTIFACTS = ("dataset", "alignment_samples")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "columns")
ALL_EIGENVECTORS = True
numbers = sample_numbers
# inches
LEFT, RIGHT, TOP, BOTTOM, GAP, PANEL_HEIGHT = 0.38, 0.08, 0.2, 0.4, 0.1, 1.5
ROW_GAP = 0.28  # for the titles of the next row


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a panel per experiment: signed A_i(x) of each training sample over i = 1…k.

    `settings` has experiments, eigenvectors (k, or "all" on a logarithmic axis), note (see
    `new_figure`) and perhaps labels and columns (panels beside each other).
    """
    columns = _columns(settings, inputs["alignment_samples"])
    rows = -(-len(inputs["alignment_samples"]) // columns)
    figure = new_figure(TOP + rows * PANEL_HEIGHT + (rows - 1) * ROW_GAP + BOTTOM, settings["note"])
    width = (PAGE_WIDTH - LEFT - RIGHT - (columns - 1) * GAP) / columns
    panels = zip(row_labels(settings, inputs["dataset"]), inputs["alignment_samples"], strict=True)
    for number, (label, samples) in enumerate(panels):
        row, column = divmod(number, columns)
        left, top = LEFT + column * (width + GAP), TOP + row * (PANEL_HEIGHT + ROW_GAP)
        axes = add_panel(figure, left, top, width, PANEL_HEIGHT)
        axes.set_title(label.replace("\n", " "))
        if has_diverged(samples):
            message(axes, DIVERGED)
            continue
        alignment_lines(axes, samples, settings["eigenvectors"], inputs["dataset"])
        if row == rows - 1:
            axes.set_xlabel("eigenvector $i$")
        if column == 0:
            axes.set_ylabel("alignment $A_i(x)$")
        else:
            axes.tick_params(labelleft=False)
    drawn = [axes for axes in figure.axes if axes.lines]
    if drawn:  # with the classes of all panels
        entries = [axes.get_legend_handles_labels() for axes in drawn]
        drawn[0].legend(*max(entries, key=lambda entry: len(entry[1])), loc="upper right")
    return figure


def _columns(settings: Mapping[str, Any], panels: Sequence[Any]) -> int:
    return min(int(settings.get("columns", len(panels))), len(panels))
