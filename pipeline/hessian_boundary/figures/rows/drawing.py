"""The layout that most figures share: a row per model of classes, alignments and spectrum."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.nothing_to_draw import DIVERGED, has_diverged, message
from hessian_boundary.figures.rows.legends import draw_legends, legends_height
from hessian_boundary.figures.rows.places import add_panels, row_places
from hessian_boundary.figures.spectrum_panel import TITLE as SPECTRUM
from hessian_boundary.figures.spectrum_panel import Window, spectrum_by_rank
from hessian_boundary.figures.style import figure_width, new_figure

# inches
TOP, TITLE_LINE, TICKS = 0.06, 0.14, 0.19
LABEL_DISTANCE = 0.22  # of a row's label from its first map, so that labels are aligned
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
    def axes_caption(self) -> str:
        """What the axes of its panels are, where numbers do not say it."""

    @property
    def classes(self) -> Sequence[int]:
        """The classes that the legend explains."""

    @property
    def dataset(self) -> xr.Dataset:
        """The data set, which may name its classes."""

    @property
    def source(self) -> xr.Dataset:
        """The artifact with the alignments."""

    def title(self, index: int) -> str:
        """Return the title of the panel of one direction."""

    def draw_classes(self, axes: Axes) -> None:
        """Draw the first panel."""

    def draw_alignment(self, axes: Axes, index: int) -> None:
        """Draw the panel of one direction."""


def draw_rows(
    rows: Sequence[Row],
    settings: Mapping[str, Any],
    spectra: Sequence[xr.Dataset] = (),
    bar: str = BAR,
    further: Sequence[Sequence[str]] = (),
) -> tuple[Figure, list[list[Axes]]]:
    """Draw each row's classes, A_1 … A_k and, where `spectra` are given, its eigenvalues.

    `settings` has experiments, eigenvectors (k), note (see `new_figure`) and perhaps width (see
    `figure_width`). The alignments share one colour bar from -1 to 1, the spectra their axes;
    `spectra` (one per row) are alignments on samples. A title like that of the first row's panel
    stands there only. Returns the figure and each row's panels of classes and alignments, with
    empty ones of the same size at the end for the caller, which have the titles `further`.
    """
    count, width = settings["eigenvectors"], figure_width(settings)
    further = further or [()] * len(rows)
    label_lines = max(row.label.count("\n") + 1 for row in rows)
    places = row_places(width, label_lines, count, bool(spectra), len(further[0]))
    heads = [*_titles(rows[0], count), *[SPECTRUM] * bool(spectra)]
    titles = [
        [*_titles(row, count), *heads[1 + count :], *own]
        for row, own in zip(rows, further, strict=True)
    ]
    above = heads if places.lines == 1 else []  # the titles that stand above a column of panels
    heights = [_title_height(own) if not n or own != above else 0 for n, own in enumerate(titles)]
    pitches = [height + places.size + TICKS for height in heights]  # from line to line of a row
    bottom = TOP + places.lines * sum(pitches)
    figure = new_figure(bottom + legends_height(rows, settings, spectra), settings["note"], width)
    window, panels = Window.of(spectra, count), []
    for number, row in enumerate(rows):
        top = TOP + places.lines * sum(pitches[:number]) + heights[number]
        drawn = add_panels(figure, places, top, pitches[number])
        _set_titles(drawn, titles[number], above if number else ())
        _draw_row(drawn[: 1 + count], row, places.size)
        if spectra:
            _draw_spectrum(drawn.pop(1 + count), spectra[number], count, window)
        panels.append(drawn)
    draw_legends(figure, rows, settings, spectra, bar, bottom)
    return figure, panels


def _titles(row: Row, count: int) -> list[str]:
    return [row.heading, *map(row.title, range(count))]


def _set_titles(panels: Sequence[Axes], titles: Sequence[str], above: Sequence[str]) -> None:
    """Set the titles but for those that stand `above` already."""
    for axes, title, other in zip_longest(panels, titles, above):
        axes.set_title("" if title == other else title)


def _title_height(titles: Sequence[str]) -> float:
    return TITLE_LINE * (1 + max(title.count("\n") for title in titles))


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


def _draw_spectrum(axes: Axes, samples: xr.Dataset, eigenvectors: int, window: Window) -> None:
    if has_diverged(samples):
        message(axes, DIVERGED)
    else:
        spectrum_by_rank(axes, samples, eigenvectors, window)
