"""Panels that several figures share. Each draws one artifact into one axes."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hessian_boundary.figures.boundary import class_margins
from hessian_boundary.figures.style import (
    alignment_colours,
    class_colour,
    class_marker,
    mixed,
)
from hessian_boundary.figures.upsampling import finer_map


def class_map(axes: Axes, grid: xr.Dataset, dataset: xr.Dataset, boundary: xr.Dataset) -> None:
    """Draw predicted classes as tints, their boundary, and the training points (Figures 1, 5).

    `grid` has logits(class, y, x), `dataset` x(sample, feature), y and split; `boundary` is as
    `exact_boundary` returns it.
    """
    margins = class_margins(grid["logits"].values)
    for label, margin in enumerate(margins):
        if (margin > 0).any():
            axes.contourf(
                grid["x"], grid["y"], margin, [0, np.inf],
                colors=[mixed(class_colour(label), "white", 0.65)],
            )  # fmt: skip
    draw_boundary(axes, grid, boundary, width=0.7)
    train = training_part(dataset)
    class_points(axes, train["x"].values, train["y"].values, size=1.9)
    _square_window(axes, grid)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=2))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=2))


def training_part(dataset: xr.Dataset) -> xr.Dataset:
    """Return the samples that are trained on."""
    return dataset.isel(sample=dataset["split"].values == "train")


def faint_points(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw where the training points are, so faintly that the map below them is seen."""
    x, y = training_part(dataset)["x"].values.T
    axes.plot(x, y, ".", color="black", markersize=1.2, markeredgewidth=0, alpha=0.45)


def class_points(axes: Axes, points: np.ndarray, labels: np.ndarray, size: float) -> None:
    """Draw points (sample, 2) with the colour and marker of their class labels (sample,)."""
    for label in np.unique(labels):
        x, y = points[labels == label].T
        axes.plot(x, y, **_marker(int(label), size))


def alignment_map(
    axes: Axes, grid: xr.Dataset, values: xr.DataArray, boundary: xr.Dataset, limit: float = 1.0
) -> AxesImage:
    """Draw values(y, x) from −limit to +limit over the plane, and the boundary (Figure 1).

    `grid` has logits(class, y, x). NaN is grey. Between grid points see `finer_map`.
    """
    x, y = grid["x"].values, grid["y"].values
    pixels = finer_map(values.values, grid["logits"].values)
    # pixels are centred on their points
    half_x, half_y = (
        (a[-1] - a[0]) / (n - 1) / 2 for a, n in zip((x, y), pixels.T.shape, strict=True)
    )
    image = axes.imshow(
        np.ma.masked_invalid(pixels),
        extent=(x[0] - half_x, x[-1] + half_x, y[0] - half_y, y[-1] + half_y),
        origin="lower", aspect="auto", cmap=alignment_colours(), vmin=-limit, vmax=limit,
    )  # fmt: skip
    draw_boundary(axes, grid, boundary, width=0.5)
    _square_window(axes, grid)
    axes.set(xticks=[], yticks=[])
    return image


def draw_boundary(axes: Axes, grid: xr.Dataset, boundary: xr.Dataset, width: float) -> None:
    """Draw the pieces of the exact boundary start(piece, feature) to end(piece, feature).

    Where it was not traced: the zero contours of the class margins of logits(class, y, x).
    """
    if not boundary.attrs["untraced"]:
        pieces = np.stack([boundary["start"], boundary["end"]], axis=1)
        axes.add_collection(
            LineCollection(
                list(pieces), colors="black", linewidths=width, capstyle="round", zorder=2
            )
        )
        return
    # every boundary lies between two classes, so all classes but the last draw all of it
    for margin in class_margins(grid["logits"].values)[:-1]:
        if np.nanmin(margin) < 0 < np.nanmax(margin):
            axes.contour(grid["x"], grid["y"], margin, [0], colors="black", linewidths=width)


def class_handles(labels: list[int], datasets: Sequence[xr.Dataset] = ()) -> list[Line2D]:
    """Return legend entries for the points of each class, with the names that data sets give."""
    return [
        Line2D([], [], **_marker(label, 3), label=class_label(label, datasets)) for label in labels
    ]


def class_label(label: int, datasets: Sequence[xr.Dataset] = ()) -> str:
    """Return the name of a class, or "class 2" where there is none.

    Of data sets that are drawn together and name it differently: all its names, in their order.
    """
    names = dict.fromkeys(
        str(dataset["class_name"].values[label]) if "class_name" in dataset else f"class {label}"
        for dataset in datasets
        if label < dataset.sizes.get("class", label + 1)
    )
    return " / ".join(names) or f"class {label}"


def _marker(label: int, size: float) -> dict:
    return {
        "marker": class_marker(label),
        "linestyle": "none",
        "markersize": size,
        "color": class_colour(label),
        "markeredgecolor": "black",
        "markeredgewidth": 0.25,
    }


def _square_window(axes: Axes, grid: xr.Dataset) -> None:
    """Show the grid's window in a square box, whatever the scales of the two features."""
    x, y = grid["x"].values, grid["y"].values
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
