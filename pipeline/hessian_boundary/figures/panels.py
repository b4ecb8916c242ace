"""Panels that several figures share. Each draws one artifact into one axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from hessian_boundary.figures.boundary import class_margins
from hessian_boundary.figures.style import (
    alignment_colours,
    class_colour,
    class_marker,
    mixed,
)

VECTOR_POINTS = 50_000  # of sample lines, beyond which they are drawn as pixels
MARKED = 30  # eigenvectors up to which class means have markers


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
    train = dataset.isel(sample=dataset["split"].values == "train")
    class_points(axes, train["x"].values, train["y"].values, size=1.9)
    _square_window(axes, grid)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=2))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=2))


def class_points(axes: Axes, points: np.ndarray, labels: np.ndarray, size: float) -> None:
    """Draw points (sample, 2) with the colour and marker of their class labels (sample,)."""
    for label in np.unique(labels):
        x, y = points[labels == label].T
        axes.plot(x, y, **_marker(int(label), size))


def alignment_map(
    axes: Axes, grid: xr.Dataset, values: xr.DataArray, boundary: xr.Dataset, limit: float = 1.0
) -> AxesImage:
    """Draw values(y, x) from −limit to +limit over the plane, and the boundary (Figure 1).

    `grid` has logits(class, y, x). NaN is grey.
    """
    x, y = grid["x"].values, grid["y"].values
    # pixels are centred on the grid's points
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    image = axes.imshow(
        np.ma.masked_invalid(values.values),
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


def alignment_lines(
    axes: Axes, samples: xr.Dataset, eigenvectors: int | str, datasets: Sequence[xr.Dataset] = ()
) -> None:
    """Draw A_i(x) over i = 1…k: a thin line per training sample, a dark class mean (Figure 2).

    `samples` has alignment(eigen, sample) and label(sample), the true class. Samples are drawn in
    their order and not class by class, so that no class hides the others. `eigenvectors` is k, or
    "all" for every resolved one, on a logarithmic axis. `datasets` may name the classes.
    """
    everything = eigenvectors == "all"
    count = samples.sizes["eigen"] if everything else int(eigenvectors)
    # DEVIATION: i grows to the right; the paper's axis runs from 25 down to 1.
    alignment = samples["alignment"].isel(eigen=slice(count)).values
    index = np.arange(1, len(alignment) + 1)
    colours = [class_colour(label) for label in samples["label"].values]
    lines = [np.column_stack([index, line]) for line in alignment.T]
    bundle = LineCollection(lines, colors=colours, linewidths=0.4, alpha=0.3)
    bundle.set_rasterized(alignment.size > VECTOR_POINTS)
    axes.add_collection(bundle)
    marker: dict[str, Any] = {} if count > MARKED else {"markersize": 2.6, "markeredgewidth": 0.3}
    for label, mean in class_means(samples, count).items():
        dark = mixed(class_colour(label), "black", 0.35)
        axes.plot(index, mean, color="white", linewidth=2)
        axes.plot(
            index, mean, color=dark, linewidth=1.1, marker=class_marker(label) if marker else "",
            markeredgecolor="white", label=class_label(label, datasets),
            **marker,
        )  # fmt: skip
    axes.axhline(0, color="0.5", linewidth=0.4, zorder=0)
    axes.set(xlim=(0.5, count + 0.5), ylim=(-1.05, 1.05), yticks=[-1, 0, 1])
    if everything:
        axes.set(xscale="log", xlim=(0.9, max(count, 2)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        step = 5 if count <= 25 else 10
        axes.set_xticks([1, *range(step, count + 1, step)])


def class_means(samples: xr.Dataset, eigenvectors: int) -> dict[int, np.ndarray]:
    """Return per true class the mean alignment (eigen,) with the top eigenvectors.

    Samples whose gradient has no direction (NaN) are left out of the mean.
    """
    top = samples["alignment"].isel(eigen=slice(eigenvectors))
    labels = samples["label"].values
    return {
        int(label): top.isel(sample=labels == label).mean("sample", skipna=True).values
        for label in np.unique(labels)
    }


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
