"""The layout that most figures share: a row per model of classes, alignments and spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, is_undefined, message
from hessian_boundary.figures.panels import class_handles
from hessian_boundary.figures.spectrum_panel import spectrum_histogram
from hessian_boundary.figures.style import (
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
BAR = "alignment $A_i(x)$"


class Row(Protocol):
    """One model's row. `alignment` has the dimension eigen and the attribute rank."""

    @property
    def label(self) -> str:
        """What the row is called."""

    @property
    def heading(self) -> str:
        """Title of the first panel."""

    @property
    def classes(self) -> Sequence[int]:
        """The classes that the legend explains."""

    @property
    def dataset(self) -> xr.Dataset:
        """The data set, which may name its classes."""

    @property
    def source(self) -> xr.Dataset:
        """The artifact with the alignments."""

    def draw_classes(self, axes: Axes) -> None:
        """Draw the first panel."""

    def draw_alignment(self, axes: Axes, index: int) -> None:
        """Draw the panel of one eigenvector."""


def draw_rows(
    rows: Sequence[Row],
    eigenvectors: int,
    note: str,
    spectra: Sequence[xr.Dataset] = (),
    bar: str = BAR,
    further: int = 0,
) -> tuple[Figure, list[list[Axes]]]:
    """Draw each row's classes, A_1 … A_k and, where `spectra` are given, its eigenvalues.

    The alignments share one colour bar from -1 to 1. `spectra` (one per row) are alignments on
    samples. Returns the figure and each row's panels of classes and alignments, with `further`
    empty ones of the same size at the end for the caller.
    """
    places = _Places.of(rows, eigenvectors, bool(spectra), further)
    size = places.size
    figure = new_figure(places.top(len(rows)) + BOTTOM, note)
    panels = []
    for number, row in enumerate(rows):
        top = places.top(number)
        panels.append([add_panel(figure, left, top, size, size) for left in places.lefts])
        _draw_row(panels[-1], row, size)
        panels[-1] += [add_panel(figure, left, top, size, size) for left in places.further]
        if spectra:
            left = places.lefts[-1] + size + HISTOGRAM_GAP
            axes = add_panel(figure, left, top, HISTOGRAM_WIDTH * size, size)
            _draw_spectrum(axes, spectra[number], eigenvectors)
            axes.set_title("" if number else "eigenvalue counts")
            axes.set_xlabel("eigenvalue" if number == len(rows) - 1 else "")
    _head(panels[0][: eigenvectors + 1], rows[0].heading)
    _legend(figure, rows, places.lefts[1], places.lefts[-1] + size - places.lefts[1], bar)
    return figure, panels


@dataclass(frozen=True)
class _Places:
    """Where the panels are, in inches: all of one size, which fills the page's width."""

    size: float
    lefts: list[float]  # of the classes and the alignments
    further: list[float]  # of those for the caller, at the right edge

    @classmethod
    def of(cls, rows: Sequence[Row], eigenvectors: int, histogram: bool, further: int) -> "_Places":
        start = LEFT + LINE * max(row.label.count("\n") for row in rows)
        gaps = (eigenvectors + 1) * GAP + (histogram + further) * HISTOGRAM_GAP
        maps = 1 + eigenvectors + HISTOGRAM_WIDTH * histogram + further
        size = (PAGE_WIDTH - start - RIGHT - gaps) / maps
        # twice the gap between the classes and the alignments
        alignments = [start + 2 * GAP + size + i * (size + GAP) for i in range(eigenvectors)]
        edge = PAGE_WIDTH - RIGHT + GAP
        return cls(
            size,
            [start, *alignments],
            [edge - left * (size + GAP) for left in range(further, 0, -1)],
        )

    def top(self, row: int) -> float:
        return TOP + row * (self.size + ROW_GAP)


def _draw_row(panels: list[Axes], row: Row, size: float) -> None:
    panels[0].set_ylabel(row.label)
    panels[0].yaxis.set_label_coords(-LABEL_DISTANCE / size, 0.5)
    if has_diverged(row.source):
        for panel in panels:
            message(panel, DIVERGED)
        return
    row.draw_classes(panels[0])
    for index, panel in enumerate(panels[1:]):
        if index < row.source.sizes["eigen"]:
            row.draw_alignment(panel, index)
        else:
            beyond_rank = index >= row.source.attrs["rank"]
            message(panel, f"rank < {index + 1}" if beyond_rank else "not\ncomputed")


def _draw_spectrum(axes: Axes, samples: xr.Dataset, eigenvectors: int) -> None:
    if has_diverged(samples):
        message(axes, DIVERGED)
    else:
        spectrum_histogram(axes, samples, eigenvectors)


def _head(panels: list[Axes], heading: str) -> None:
    panels[0].set_title(heading)
    for index, panel in enumerate(panels[1:]):
        panel.set_title(f"$v_{{{index + 1}}}$")


def _legend(figure: Figure, rows: Sequence[Row], left: float, width: float, bar: str) -> None:
    """Below the maps: the classes, what grey means if there is any, and the colour bar."""
    height = figure.get_size_inches()[1]
    drawn = [row.source for row in rows if not has_diverged(row.source)]
    handles = class_handles(
        sorted({label for row in rows for label in row.classes}), [row.dataset for row in rows]
    )
    if any(is_undefined(source["alignment"]) for source in drawn):
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
    axes = add_panel(figure, left + 0.25 * width, height - 0.37, 0.5 * width, 0.07)
    scale = ScalarMappable(Normalize(-1, 1), alignment_colours())
    figure.colorbar(scale, cax=axes, orientation="horizontal", ticks=[-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel(bar, labelpad=1)
