"""The layout of Figures 1 and 5: a row per model of class map, alignment maps and spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures.boundary import has_diverged, is_undefined
from pipeline.figures.panels import (
    DIVERGED,
    alignment_map,
    class_handles,
    class_map,
    message,
    spectrum_histogram,
)
from pipeline.figures.style import (
    PAGE_WIDTH,
    UNDEFINED,
    add_panel,
    alignment_colours,
    new_figure,
)

# inches
LEFT, RIGHT, TOP, BOTTOM = 0.36, 0.12, 0.18, 0.46
LABEL_DISTANCE = 0.2  # of a row's label from its first map, so that labels are aligned
LINE = 0.12  # of a label beyond its first
GAP, ROW_GAP, HISTOGRAM_GAP = 0.05, 0.17, 0.36
HISTOGRAM_WIDTH = 1.45  # of a map's


@dataclass(frozen=True)
class MapRow:
    """One model: its label, data set, alignment on the grid and, for the spectrum, on samples."""

    label: str
    dataset: xr.Dataset
    grid: xr.Dataset
    samples: xr.Dataset | None = None


def draw_map_rows(rows: Sequence[MapRow], eigenvectors: int, profile: str) -> Figure:
    """Draw each row's predicted classes, A_1 … A_k and, if it has samples, its spectrum.

    The maps share one colour bar from -1 to 1. All rows have a spectrum or none has.
    """
    spectra = rows[0].samples is not None
    extra = HISTOGRAM_WIDTH if spectra else 0.0
    start = LEFT + LINE * max(row.label.count("\n") for row in rows)
    taken = start + RIGHT + (eigenvectors + 1) * GAP + (HISTOGRAM_GAP if spectra else 0)
    size = (PAGE_WIDTH - taken) / (1 + eigenvectors + extra)
    height = TOP + len(rows) * (size + ROW_GAP) + BOTTOM
    figure = new_figure(height, profile)
    for number, row in enumerate(rows):
        top = TOP + number * (size + ROW_GAP)
        lefts = start + np.arange(eigenvectors + 1) * (size + GAP)
        lefts[1:] += GAP
        panels = [add_panel(figure, left, top, size, size) for left in lefts]
        if spectra:
            left = lefts[-1] + size + HISTOGRAM_GAP
            panels.append(add_panel(figure, left, top, HISTOGRAM_WIDTH * size, size))
        _draw_row(panels, row, eigenvectors, size)
        if number == 0:
            _head(panels, eigenvectors)
    if spectra:
        panels[-1].set_xlabel("eigenvalue")
    _legend(figure, rows, lefts[1], (eigenvectors - 1) * (size + GAP) + size)
    return figure


def _draw_row(panels: list[Axes], row: MapRow, eigenvectors: int, size: float) -> None:
    panels[0].set_ylabel(row.label)
    panels[0].yaxis.set_label_coords(-LABEL_DISTANCE / size, 0.5)
    if has_diverged(row.grid):
        for panel in panels:
            message(panel, DIVERGED)
        return
    class_map(panels[0], row.grid, row.dataset)
    for index, panel in enumerate(panels[1 : eigenvectors + 1]):
        if index < row.grid.sizes["eigen"]:
            alignment_map(panel, row.grid, index)
        else:
            beyond_rank = index >= row.grid.attrs["rank"]
            message(panel, f"rank < {index + 1}" if beyond_rank else "not\ncomputed")
    if row.samples is not None:
        spectrum_histogram(panels[-1], row.samples, eigenvectors)


def _head(panels: list[Axes], eigenvectors: int) -> None:
    panels[0].set_title("prediction")
    for index, panel in enumerate(panels[1 : eigenvectors + 1]):
        panel.set_title(f"$v_{{{index + 1}}}$")
    for panel in panels[eigenvectors + 1 :]:
        panel.set_title("eigenvalue counts")


def _legend(figure: Figure, rows: Sequence[MapRow], left: float, width: float) -> None:
    """Below the maps: the classes, what grey means if there is any, and the colour bar."""
    height = figure.get_size_inches()[1]
    drawn = [row.grid for row in rows if not has_diverged(row.grid)]
    handles = class_handles(sorted({int(y) for row in rows for y in np.unique(row.dataset["y"])}))
    if any(is_undefined(grid["alignment"]) for grid in drawn):
        handles.append(
            Line2D(
                [],
                [],
                color=UNDEFINED,
                marker="s",
                linestyle="none",
                markersize=4,
                label="gradient too short",
            )
        )
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.02 / PAGE_WIDTH, 0.02 / height),
        ncols=2 if len(handles) <= 4 else 3, columnspacing=0.8, handletextpad=0.2, borderpad=0.2,
    )  # fmt: skip
    bar = add_panel(figure, left + 0.25 * width, height - 0.37, 0.5 * width, 0.07)
    scale = ScalarMappable(Normalize(-1, 1), alignment_colours())
    figure.colorbar(scale, cax=bar, orientation="horizontal", ticks=[-1, -0.5, 0, 0.5, 1])
    bar.set_xlabel("alignment $A_i(x)$", labelpad=1)
