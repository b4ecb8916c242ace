"""What stands below rows of panels: the classes, the colour bar, and what the spectra show."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hessian_boundary.figures.nothing_to_draw import has_diverged, is_undefined
from hessian_boundary.figures.panels import class_handles
from hessian_boundary.figures.row_labels import common_data_set
from hessian_boundary.figures.spectrum_panel import LEGEND_TITLE, spectrum_handles
from hessian_boundary.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    SMALL,
    UNDEFINED,
    add_panel,
    alignment_colours,
    figure_width,
)

# inches
BAR_TOP, BAR_HEIGHT, BAR_WIDTH = 0.14, 0.07, 1.9  # below the rows' last numbers
BAR_LEFT = 2.0  # on a page, with spectra
LINE, NOTE = 0.135, 0.15
LEGENDS_TOP = {PAGE_WIDTH: 0.1, COLUMN_WIDTH: 0.5}  # in a column the colour bar is above them
FORM: dict[str, Any] = {
    "title_fontsize": SMALL,
    "alignment": "left",
    "handletextpad": 0.4,
    "borderpad": 0.2,
    "borderaxespad": 0.1,
    "columnspacing": 1,
    "labelspacing": 0.3,
}


def legends_height(
    rows: Sequence[Any], settings: Mapping[str, Any], spectra: Sequence[xr.Dataset]
) -> float:
    """Return the inches that `draw_legends` takes below the rows, with the figure's note."""
    width, classes = figure_width(settings), _class_handles(rows)
    lines = -(-len(classes) // _columns(classes)) + _title(rows, settings).count("\n") + 1
    if spectra:
        entries = len(spectrum_handles(spectra, settings["eigenvectors"]))
        lines = max(lines, 1 + (-(-entries // 2) if width == PAGE_WIDTH else entries))
    return max(LEGENDS_TOP[width] + lines * LINE, 0.5) + NOTE


def draw_legends(
    figure: Figure,
    rows: Sequence[Any],
    settings: Mapping[str, Any],
    spectra: Sequence[xr.Dataset],
    bar: str,
    bottom: float,
) -> None:
    """Draw the classes, named after their data set, the bar of A from -1 to 1, and the rules.

    `rows` are those of `draw_rows`, and end `bottom` inches from the top. The legend of classes
    also says what grey means, if there is any.
    """
    width, height = figure.get_size_inches()
    on_page, handles = figure_width(settings) == PAGE_WIDTH, _class_handles(rows)
    top = 1 - (bottom + LEGENDS_TOP[figure_width(settings)]) / height
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, top), ncols=_columns(handles),
        title=_title(rows, settings) or None, **FORM,
    )  # fmt: skip
    if spectra:
        figure.legend(
            handles=spectrum_handles(spectra, settings["eigenvectors"]), loc="upper right",
            bbox_to_anchor=(1, top), ncols=2 if on_page else 1, title=LEGEND_TITLE, **FORM,
        )  # fmt: skip
    left = BAR_LEFT if on_page and spectra else (width - BAR_WIDTH) / 2
    axes = add_panel(figure, left, bottom + BAR_TOP, BAR_WIDTH, BAR_HEIGHT)
    scale = ScalarMappable(Normalize(-1, 1), alignment_colours())
    figure.colorbar(scale, cax=axes, orientation="horizontal", ticks=[-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel(bar, labelpad=1)


def _title(rows: Sequence[Any], settings: Mapping[str, Any]) -> str:
    return "\n".join(filter(None, [common_data_set(settings), rows[0].axes_caption]))


def _columns(handles: Sequence[Line2D]) -> int:
    return 1 if len(handles) <= 4 else 2


def _class_handles(rows: Sequence[Any]) -> list[Line2D]:
    handles = class_handles(
        sorted({label for row in rows for label in row.classes}), [row.dataset for row in rows]
    )
    drawn = [row.source for row in rows if not has_diverged(row.source)]
    if any(is_undefined(source["alignment"]) for source in drawn):
        label = "gradient too short"
        handles.append(
            Line2D([], [], color=UNDEFINED, marker="s", linestyle="none", markersize=4, label=label)
        )
    return handles
