"""One look for all figures: sizes, colours, markers, and figures that keep it when they are saved.

@publication_style()
def draw(inputs, settings): ...
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure

# inches: a figure across a page of two columns, and in one of them, with type of the same size
PAGE_WIDTH, COLUMN_WIDTH = 7.0, 3.4
SMALL = 7  # points, of the smallest type

# Okabe and Ito's palette, told apart with every common kind of colour blindness
CLASS_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#595959",
)
CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
ACCENT = "#D55E00"  # what the reader should look at
UNDEFINED = "#bdbdbd"  # alignments that are NaN; no colour of the map from -1 to 1 is near it

_PARAMETERS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so every machine draws the same
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlepad": 3,
    "axes.labelsize": 8,
    "axes.labelpad": 2,
    "axes.linewidth": 0.5,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.minor.size": 1,
    "ytick.minor.size": 0,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1,
    "image.interpolation": "nearest",
    "figure.dpi": 300,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType, which journals ask for
}


@contextmanager
def publication_style() -> Iterator[None]:
    """Draw with the project's settings, whatever the caller's; also a decorator of functions."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_PARAMETERS)
        yield


class PublicationFigure(Figure):
    """A figure without global state that is also saved with the project's settings."""

    def savefig(self, *arguments: Any, **keywords: Any) -> None:
        """Save as `Figure.savefig` does; matplotlib reads dpi and the font type only now."""
        with publication_style():
            super().savefig(*arguments, **keywords)


def figure_width(settings: Mapping[str, Any]) -> float:
    """Return the width in inches of a figure whose entry says `width: column`, or does not."""
    return COLUMN_WIDTH if settings.get("width") == "column" else PAGE_WIDTH


def new_figure(height: float, note: str = "", width: float = PAGE_WIDTH) -> PublicationFigure:
    """Return an empty figure of so many inches, with a note in the lower right corner if any."""
    figure = PublicationFigure(figsize=(width, height))
    if note:
        figure.text(
            1 - 0.03 / width, 0.03 / height, note, ha="right", va="bottom", fontsize=SMALL,
            color="0.4",
        )  # fmt: skip
    return figure


def add_panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes; all four in inches, `left` and `top` from the upper left corner."""
    page_width, page_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / page_width,
            1 - (top + height) / page_height,
            width / page_width,
            height / page_height,
        )
    )


def class_colour(label: int) -> str:
    """Return the colour of a class; colours repeat after eight."""
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]


def class_marker(label: int) -> str:
    """Return the marker of a class, so that classes differ without colour too."""
    return CLASS_MARKERS[label % len(CLASS_MARKERS)]


def mixed(colour: str, other: str, share: float) -> tuple[float, ...]:
    """Return `colour` with a `share` of `other`: tints with white, shades with black."""
    return tuple((1 - share) * np.array(to_rgb(colour)) + share * np.array(to_rgb(other)))


def alignment_colours() -> Colormap:
    """Return the diverging colours of alignments in [-1, 1], with grey for NaN."""
    return mpl.colormaps["RdBu_r"].with_extremes(bad=UNDEFINED)
