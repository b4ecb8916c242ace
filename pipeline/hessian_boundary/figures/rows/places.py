"""Where the panels of a row are: on one line across a page, on lines of four in a column."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessian_boundary.figures.style import PAGE_WIDTH, add_panel

# inches
LEFT, RIGHT, GAP = 0.36, 0.12, 0.05
LABEL_LINE = 0.13  # of a row's label beyond its first line
AXIS_GAP = 0.38  # left of a panel with numbers at its axis
SPECTRUM_WIDTH = 1.45  # of a map's
PER_LINE = 4  # in a column


@dataclass(frozen=True)
class Spot:
    """A panel's place in its row: its left edge and width in inches, and on which line it is."""

    left: float
    line: int
    width: float


@dataclass(frozen=True)
class Places:
    """The panels of every row, all maps of one size, which together fill the figure's width."""

    size: float  # of a map, and the height of every panel
    spots: list[Spot]  # of the classes, the alignments, the spectrum if any, and the caller's
    lines: int = 1


def row_places(
    width: float, label_lines: int, alignments: int, spectrum: bool, further: int
) -> Places:
    """Return where a row's panels are, in a figure of `width` inches, of a label of some lines."""
    start = LEFT + LABEL_LINE * (label_lines - 1)
    arrange = _on_one_line if width >= PAGE_WIDTH else _on_lines_of_four
    return arrange(start, width - RIGHT, alignments, spectrum, further)


def add_panels(figure: Figure, places: Places, top: float, pitch: float) -> list[Axes]:
    """Add a row's panels, the first line `top` inches from above, the others `pitch` further."""
    return [
        add_panel(figure, spot.left, top + spot.line * pitch, spot.width, places.size)
        for spot in places.spots
    ]


def _on_one_line(start: float, end: float, alignments: int, spectrum: bool, further: int) -> Places:
    gaps = (alignments + 1) * GAP + (spectrum + further) * AXIS_GAP
    size = (end - start - gaps) / (1 + alignments + SPECTRUM_WIDTH * spectrum + further)
    # twice the gap between the classes and the alignments
    lefts = [start] + [start + size + 2 * GAP + i * (size + GAP) for i in range(alignments)]
    spots = [Spot(left, 0, size) for left in lefts]
    for width in [SPECTRUM_WIDTH * size] * spectrum + [size] * further:
        last = spots[-1]
        spots.append(Spot(last.left + last.width + AXIS_GAP, 0, width))
    return Places(size, spots)


def _on_lines_of_four(
    start: float, end: float, alignments: int, spectrum: bool, further: int
) -> Places:
    pitch = (end - start + GAP) / PER_LINE
    size = pitch - GAP
    maps = [
        Spot(start + (i % PER_LINE) * pitch, i // PER_LINE, size) for i in range(1 + alignments)
    ]
    # panels with numbers at their axes take two places each, on one line
    first = -(-(1 + alignments) // 2)
    wide = [
        Spot(start + (i % 2) * 2 * pitch + AXIS_GAP, i // 2, 2 * pitch - GAP - AXIS_GAP)
        for i in range(first, first + spectrum + further)
    ]
    for number, spot in enumerate(wide):
        is_spectrum = spectrum and not number
        maps.append(spot if is_spectrum else Spot(spot.left, spot.line, size))
    return Places(size, maps, lines=maps[-1].line + 1)
