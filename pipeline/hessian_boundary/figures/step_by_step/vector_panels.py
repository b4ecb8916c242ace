"""The panels of Figure 4 that show vectors over all parameters: gradients and eigenvectors."""

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from hessian_boundary.figures.step_by_step.line_panels import share_axis
from hessian_boundary.figures.style import UNDEFINED


def gradient_map(axes: Axes, grid: xr.Dataset, model: xr.Dataset) -> None:
    """(C.3) Draw gradient(parameter, x), each of unit length, with the layers' names.

    Raises ValueError when the grid has no gradients.
    """
    # DEVIATION: unit length, so that gradients far from the boundary are seen as well; and the
    # parameters in the order of the layers, where the paper clusters them.
    if "gradient" not in grid:
        raise ValueError(
            "expected the variable gradient(parameter, x) in the alignment grid, found only "
            f"{sorted(map(str, grid.data_vars))}; gradients are kept for small networks only, draw "
            "one of at most 1000 parameters"
        )
    x = grid["x"].values
    half = (x[1] - x[0]) / 2
    _parameter_image(axes, grid["gradient"].values, (x[0] - half, x[-1] + half), grid)
    share_axis(axes, grid, "(C.3) gradients $g_θ(x)$, scaled to length 1")
    layers = model["layer"].values
    first = [0, *(1 + np.flatnonzero(layers[1:] != layers[:-1]))]
    for start in first[1:]:
        axes.axhline(start - 0.5, color="0.4", linewidth=0.4)
    ends = [*first[1:], len(layers)]
    centres = [(start + end - 1) / 2 for start, end in zip(first, ends, strict=True)]
    axes.set_yticks(centres, _layer_names([str(layers[start]) for start in first]))
    axes.set_ylabel("parameter")


def vector_map(axes: Axes, spectrum: xr.Dataset, eigenvectors: int, grid: xr.Dataset) -> AxesImage:
    """(C.4) Draw the top eigenvectors(eigen, parameter) on the colour scale of (C.3)."""
    top = spectrum["eigenvectors"].isel(eigen=slice(eigenvectors)).values
    image = _parameter_image(axes, top.T, (0.5, len(top) + 0.5), grid)
    axes.set_xticks(range(1, len(top) + 1), [f"$v_{{{i + 1}}}$" for i in range(len(top))])
    axes.set_yticks([])
    axes.set_title("(C.4) eigenvectors", loc="left")
    return image


def _parameter_image(
    axes: Axes, values: np.ndarray, ends: tuple[float, float], grid: xr.Dataset
) -> AxesImage:
    """Show values (parameter, …) with the first parameter on top; gradients set the limits."""
    limit = float(np.nanmax(np.abs(grid["gradient"].values)))
    return axes.imshow(
        np.ma.masked_invalid(values), extent=(*ends, len(values) - 0.5, -0.5), aspect="auto",
        cmap=mpl.colormaps["PuOr"].with_extremes(bad=UNDEFINED), vmin=-limit, vmax=limit,
    )  # fmt: skip


def _layer_names(names: list[str]) -> list[str]:
    """Return W₁, b₁, W₂, … for "0.weight", "0.bias", "2.weight", …."""
    numbers = {
        number: i + 1 for i, number in enumerate(dict.fromkeys(n.split(".")[0] for n in names))
    }
    symbols = {"weight": "W", "bias": "b"}
    return [f"${symbols[n.split('.')[-1]]}_{{{numbers[n.split('.')[0]]}}}$" for n in names]
