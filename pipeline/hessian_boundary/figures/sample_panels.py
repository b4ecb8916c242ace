"""Panels of the alignment of all training samples over the eigenvectors (Figures 2 and 22)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import NullFormatter

from hessian_boundary.figures.panels import class_label
from hessian_boundary.figures.style import class_colour, class_marker, mixed

VECTOR_POINTS = 50_000  # of sample lines, beyond which they are drawn as pixels
MARKED = 30  # eigenvectors up to which class means have markers
BANDS = ((0.05, 0.18), (0.25, 0.28))  # lower quantile, and how opaque its band is


def alignment_lines(
    axes: Axes, samples: xr.Dataset, eigenvectors: int, datasets: Sequence[xr.Dataset] = ()
) -> None:
    """Draw A_i(x) over i = 1…k: a thin line per training sample, a dark class mean (Figure 2).

    `samples` has alignment(eigen, sample) and label(sample), the true class. Samples are drawn in
    random order, the same each time, so that no class hides the others. `datasets` may name the
    classes.
    """
    # DEVIATION: i grows to the right; the paper's axis runs from 25 down to 1.
    alignment = samples["alignment"].isel(eigen=slice(eigenvectors)).values
    index = np.arange(1, len(alignment) + 1)
    order = np.random.default_rng(0).permutation(alignment.shape[1])
    colours = [class_colour(label) for label in samples["label"].values[order]]
    lines = [np.column_stack([index, line]) for line in alignment.T[order]]
    bundle = LineCollection(lines, colors=colours, linewidths=0.4, alpha=0.3)
    bundle.set_rasterized(alignment.size > VECTOR_POINTS)
    axes.add_collection(bundle)
    _draw_means(axes, samples, eigenvectors, datasets)
    step = 5 if eigenvectors <= 25 else 10
    axes.set(xlim=(0.5, eigenvectors + 0.5))
    axes.set_xticks([1, *range(step, eigenvectors + 1, step)])


def alignment_bands(
    axes: Axes, samples: xr.Dataset, eigenvectors: int, datasets: Sequence[xr.Dataset] = ()
) -> None:
    """Draw A_i(x) over all i on a logarithmic axis: a class's quantiles as bands, and its mean.

    The bands hold 90 % and 50 % of the samples of a class, which are too many here for lines
    (Figure 22). The axis goes to `eigenvectors`, of which a model may have fewer.
    """
    # DEVIATION: quantiles; of the paper's lines those of the class drawn last hide the others.
    index = np.arange(1, samples.sizes["eigen"] + 1)
    for label in np.unique(samples["label"]):
        own = samples["alignment"].isel(sample=samples["label"].values == label).values
        for quantile, opacity in BANDS:
            low, high = np.nanquantile(own, [quantile, 1 - quantile], axis=1)
            axes.fill_between(
                index, low, high, color=class_colour(int(label)), alpha=opacity, linewidth=0
            )
    _draw_means(axes, samples, samples.sizes["eigen"], datasets)
    axes.set(xscale="log", xlim=(0.9, max(eigenvectors, 2)))
    axes.xaxis.set_minor_formatter(NullFormatter())


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


def _draw_means(
    axes: Axes, samples: xr.Dataset, eigenvectors: int, datasets: Sequence[xr.Dataset]
) -> None:
    many = eigenvectors > MARKED
    marker: dict[str, Any] = {} if many else {"markersize": 2.6, "markeredgewidth": 0.3}
    for label, mean in class_means(samples, eigenvectors).items():
        index, dark = np.arange(1, len(mean) + 1), mixed(class_colour(label), "black", 0.35)
        width = 0.8 if many else 1.1
        axes.plot(index, mean, color="white", linewidth=width + 0.9)
        axes.plot(
            index, mean, color=dark, linewidth=width, marker=class_marker(label) if marker else "",
            markeredgecolor="white", label=class_label(label, datasets),
            **marker,
        )  # fmt: skip
    axes.axhline(0, color="0.5", linewidth=0.4, zorder=0)
    axes.set(ylim=(-1.05, 1.05), yticks=[-1, 0, 1])
