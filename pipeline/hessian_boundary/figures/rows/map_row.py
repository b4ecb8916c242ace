"""A row of maps over a two-dimensional input space (Figures 1, 5 and most others)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.experiments import class_of_view
from hessian_boundary.figures.panels import alignment_map, class_map, faint_points
from hessian_boundary.figures.row_labels import row_labels
from hessian_boundary.figures.signs import with_common_signs


@dataclass(frozen=True)
class MapRow:
    """One model: its label, data set, and alignment on the grid."""

    label: str
    dataset: xr.Dataset
    source: xr.Dataset  # alignment on a grid
    boundary: xr.Dataset  # the exact decision boundary
    variable: str = "alignment"
    own_scale: bool = False  # each map from −max to +max, written above it
    heading: str = "prediction"
    titles: Sequence[str] = ()  # of the maps; without, v_1, v_2, …
    axes_caption: str = ""

    @property
    def classes(self) -> Sequence[int]:
        """The classes of the points drawn."""
        return np.unique(self.dataset["y"]).tolist()

    def title(self, index: int) -> str:
        """Return what the direction is called and, if the map has its own scale, its end."""
        name = self.titles[index] if index < len(self.titles) else f"$v_{{{index + 1}}}$"
        return f"{name}, ±{self._limit(index):.2g}" if self.own_scale else name

    def draw_classes(self, axes: Axes) -> None:
        """Draw what the network predicts, and the training points; nothing without a heading."""
        if self.heading:
            class_map(axes, self.source, self.dataset, self.boundary)
        else:
            axes.set(xticks=[], yticks=[], facecolor="none")
            axes.spines[:].set_visible(False)

    def draw_alignment(self, axes: Axes, index: int) -> None:
        """Draw the alignment with one direction; with the first, where the training points are."""
        values = self.source[self.variable].isel(eigen=index)
        alignment_map(axes, self.source, values, self.boundary, self._limit(index))
        if index == 0:
            faint_points(axes, self.dataset)

    def _limit(self, index: int) -> float:
        if not self.own_scale or index >= self.source.sizes["eigen"]:
            return 1.0
        return float(abs(self.source[self.variable].isel(eigen=index)).max())


def map_rows(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> list[MapRow]:
    """Return a row per experiment, with the signs of the first one's eigenvectors.

    With a view of one class only that class's points are drawn.
    """
    return [
        MapRow(label, _points(dataset, class_of_view(experiment)), grid, boundary)
        for label, experiment, dataset, grid, boundary in zip(
            row_labels(settings, inputs["dataset"]),
            settings["experiments"],
            inputs["dataset"],
            with_common_signs(settings["experiments"], inputs["alignment_grid"]),
            inputs["decision_boundary"],
            strict=True,
        )
    ]


def _points(dataset: xr.Dataset, label: int | None) -> xr.Dataset:
    return dataset if label is None else dataset.isel(sample=dataset["y"].values == label)
