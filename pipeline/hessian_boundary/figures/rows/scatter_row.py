"""A row of scatter plots: samples in a plane, coloured by alignment (Figures 3, 21, 23, 24)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.panels import class_points
from hessian_boundary.figures.style import UNDEFINED, alignment_colours

DENSE = 600  # samples beyond which points are drawn smaller


@dataclass(frozen=True)
class ScatterRow:
    """One model: its label, its training samples in the plane, and their alignments."""

    label: str
    points: np.ndarray  # (sample, 2)
    dataset: xr.Dataset
    source: xr.Dataset  # alignment on samples
    axes_caption: str = ""  # what the two axes are
    heading: str = "class"

    @property
    def classes(self) -> Sequence[int]:
        """The classes of the samples."""
        return np.unique(self.source["label"]).tolist()

    @property
    def size(self) -> float:
        """Diameter of a point in points."""
        return 1.1 if len(self.points) > DENSE else 1.9

    def title(self, index: int) -> str:
        """Return what an eigenvector is called."""
        return f"$v_{{{index + 1}}}$"

    def draw_classes(self, axes: Axes) -> None:
        """Draw the samples by true class."""
        class_points(axes, self.points, self.source["label"].values, self.size)
        self._frame(axes)

    def draw_alignment(self, axes: Axes, index: int) -> None:
        """Draw the samples by their alignment with one eigenvector, the strongest on top."""
        values = self.source["alignment"].isel(eigen=index).values
        order = np.argsort(np.nan_to_num(np.abs(values), nan=-1))
        undefined = np.isnan(values[order])
        x, y = self.points[order].T
        area = (1.25 * self.size) ** 2
        axes.scatter(x[undefined], y[undefined], area, color=UNDEFINED, linewidths=0)
        axes.scatter(
            x[~undefined], y[~undefined], area, c=values[order][~undefined], vmin=-1, vmax=1,
            cmap=alignment_colours(), linewidths=0.15, edgecolors="0.3",
        )  # fmt: skip
        self._frame(axes)

    def _frame(self, axes: Axes) -> None:
        axes.set(xticks=[], yticks=[])
        axes.margins(0.06)
        if not self.axes_caption:  # an embedding: distances are all it has
            axes.set_aspect("equal", adjustable="datalim")
