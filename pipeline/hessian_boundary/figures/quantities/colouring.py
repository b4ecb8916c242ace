"""Colours of points: a scale with a bar for numbers, markers with a legend for anything else."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Protocol

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D

from hessian_boundary.figures.style import (
    CLASS_MARKERS,
    SMALL,
    UNDEFINED,
    class_colour,
    class_marker,
)
from hessian_boundary.wording.numbers import setting

LINE = 34  # characters of the legend


class Colouring(Protocol):
    """A colour and a marker per point, and how the reader learns what they mean."""

    @property
    def colours(self) -> Sequence[Any]:
        """Return a colour per point."""

    @property
    def markers(self) -> Sequence[str]:
        """Return a marker per point."""

    @property
    def lines(self) -> int:
        """How many lines of text stand beside the panel."""

    def of_mean(self, rows: Sequence[int]) -> Any:
        """Return the colour of the mean of some points."""

    def explain(self, axes: Axes, bar: Axes, corner: tuple[float, float]) -> None:
        """Draw the legend from its upper left corner on, or the colour bar into its place."""


def is_number(value: Any) -> bool:
    """Tell whether a value is a number, and not NaN, true or false."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value


@dataclass(frozen=True)
class ByNumber:
    """Points on a colour scale; those without a number are grey."""

    values: np.ndarray
    title: str
    scale: ScalarMappable
    lines: int = 0

    @property
    def colours(self) -> Sequence[Any]:
        """A colour per point."""
        return [self._colour(value) for value in self.values]

    @property
    def markers(self) -> Sequence[str]:
        """One marker for all."""
        return ["o"] * len(self.values)

    def of_mean(self, rows: Sequence[int]) -> Any:
        """Return the colour of the points' mean number."""
        known = self.values[list(rows)]
        known = known[np.isfinite(known)]
        return self._colour(known.mean() if len(known) else np.nan)

    def explain(self, axes: Axes, bar: Axes, corner: tuple[float, float]) -> None:
        """Draw the colour bar."""
        axes.figure.colorbar(self.scale, cax=bar)
        bar.set_ylabel(self.title)
        bar.tick_params(which="minor", length=0)

    def _colour(self, value: float) -> Any:
        return (
            self.scale.cmap(self.scale.norm(np.array(value))) if np.isfinite(value) else UNDEFINED
        )


@dataclass(frozen=True)
class ByText:
    """Points with a colour and a marker per distinct value."""

    values: Sequence[str]
    title: str

    @property
    def order(self) -> list[str]:
        """The distinct values as they come."""
        return list(dict.fromkeys(self.values))

    @property
    def colours(self) -> Sequence[Any]:
        """A colour per point."""
        return [class_colour(self.order.index(value)) for value in self.values]

    @property
    def markers(self) -> Sequence[str]:
        """A marker per point, so that values differ without colour too."""
        return [_marker(self.order.index(value)) for value in self.values]

    @property
    def lines(self) -> int:
        """Lines of the legend."""
        texts = [self.title, *map(_wrapped, self.order)]
        return sum(text.count("\n") + 1 for text in texts)

    def of_mean(self, rows: Sequence[int]) -> Any:
        """Return the colour of the first point."""
        return self.colours[rows[0]]

    def explain(self, axes: Axes, bar: Axes, corner: tuple[float, float]) -> None:
        """Draw the legend, if there is more than one value or it has a title."""
        bar.remove()
        if len(self.order) < 2 and not self.title:
            return
        handles = [
            Line2D(
                [], [], linestyle="none", marker=_marker(number), color=class_colour(number),
                markersize=5, markeredgecolor="black", markeredgewidth=0.4, label=_wrapped(value),
            )
            for number, value in enumerate(self.order)
        ]  # fmt: skip
        legend = axes.legend(
            handles=handles, title=self.title or None, loc="upper left", bbox_to_anchor=corner,
            borderaxespad=0, handletextpad=0.3, title_fontsize=SMALL, alignment="left",
        )  # fmt: skip
        legend.set_in_layout(False)


def colouring_by_number(values: pd.Series, title: str, logarithmic: bool) -> ByNumber:
    """Colour numbers from dark to light; NaN is grey."""
    known = values.dropna()
    norm = (LogNorm if logarithmic else Normalize)(known.min(), known.max())
    return ByNumber(values.to_numpy(), title, ScalarMappable(norm, mpl.colormaps["viridis"]))


def colouring_by_text(values: Sequence[Any], title: str) -> ByText:
    """Colour values of any kind by what they are called."""
    return ByText([setting(value) for value in values], "\n".join(textwrap.wrap(title, LINE)))


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE)) or text


def _marker(number: int) -> str:
    """Return a marker; after eight, colours come with other markers."""
    return class_marker(number + number // len(CLASS_MARKERS))
