"""Figure 2: alignment of all training samples with the top Hessian eigenvectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from pipeline.figures.boundary import has_diverged
from pipeline.figures.panels import DIVERGED, alignment_lines, message
from pipeline.figures.style import PAGE_WIDTH, add_panel, new_figure, publication_style, readable

# inches
LEFT, RIGHT, TOP, BOTTOM, GAP, PANEL_HEIGHT = 0.38, 0.08, 0.2, 0.4, 0.1, 1.5


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a panel per training: signed A_i(x) of each training sample over i = 1…k.

    `inputs` has samples (one per training); `settings` has trainings, eigenvectors (k) and
    profile (a note).
    """
    figure = new_figure(TOP + PANEL_HEIGHT + BOTTOM, settings["profile"])
    count = len(settings["trainings"])
    width = (PAGE_WIDTH - LEFT - RIGHT - (count - 1) * GAP) / count
    trainings = zip(settings["trainings"], inputs["samples"], strict=True)
    for number, (training, samples) in enumerate(trainings):
        axes = add_panel(figure, LEFT + number * (width + GAP), TOP, width, PANEL_HEIGHT)
        axes.set_title(readable(training))
        if has_diverged(samples):
            message(axes, DIVERGED)
            continue
        alignment_lines(axes, samples, settings["eigenvectors"])
        axes.set_xlabel("eigenvector $i$")
        if number == 0:
            axes.set_ylabel("alignment $A_i(x)$")
        else:
            axes.tick_params(labelleft=False)
    drawn = [axes for axes in figure.axes if axes.lines]
    if drawn:
        drawn[0].legend(loc="upper right")
    return figure
