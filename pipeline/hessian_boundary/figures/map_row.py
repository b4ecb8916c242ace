"""A row of maps over a two-dimensional input space (Figures 1, 5 and most others)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.experiments import class_of_view
from hessian_boundary.figures.panels import alignment_map, class_map
from hessian_boundary.figures.row_labels import row_labels


@dataclass(frozen=True)
class MapRow:
    """One model: its label, data set, and alignment on the grid."""

    label: str
    dataset: xr.Dataset
    source: xr.Dataset  # alignment on a grid
    boundary: xr.Dataset  # the exact decision boundary
    variable: str = "alignment"
    own_scale: bool = False  # each map from −max to +max, written below it
    heading: str = "prediction"

    @property
    def classes(self) -> Sequence[int]:
        """The classes of the points drawn."""
        return np.unique(self.dataset["y"]).tolist()

    def draw_classes(self, axes: Axes) -> None:
        """Draw what the network predicts, and the training points."""
        class_map(axes, self.source, self.dataset, self.boundary)

    def draw_alignment(self, axes: Axes, index: int) -> None:
        """Draw the alignment with one direction."""
        values = self.source[self.variable].isel(eigen=index)
        limit = float(abs(values).max()) if self.own_scale else 1.0
        alignment_map(axes, self.source, values, self.boundary, limit)
        if self.own_scale:
            axes.set_xlabel(f"±{limit:.2g}", labelpad=1, fontsize=5.5)


def map_rows(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> list[MapRow]:
    """Return a row per experiment; with a view of one class only that class's points are drawn."""
    return [
        MapRow(label, _points(dataset, class_of_view(experiment)), grid, boundary)
        for label, experiment, dataset, grid, boundary in zip(
            row_labels(settings, inputs["dataset"]),
            settings["experiments"],
            inputs["dataset"],
            inputs["alignment_grid"],
            inputs["decision_boundary"],
            strict=True,
        )
    ]


def _points(dataset: xr.Dataset, label: int | None) -> xr.Dataset:
    return dataset if label is None else dataset.isel(sample=dataset["y"].values == label)
