"""What a panel says in place of numbers that are not there."""

import xarray as xr
from matplotlib.axes import Axes

from hessian_boundary.figures.style import SMALL

DIVERGED = "training\ndiverged"


def has_diverged(dataset: xr.Dataset) -> bool:
    """Return whether the artifact is of a diverged training: it has no eigenvectors."""
    return dataset.sizes["eigen"] == 0


def is_undefined(alignment: xr.DataArray) -> bool:
    """Return whether any alignment is NaN: the gradient is too short to have a direction."""
    return bool(alignment.isnull().any())


def message(axes: Axes, text: str) -> None:
    """Say in an otherwise empty panel why there is nothing to see."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("0.8")
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=SMALL,
        color="0.3",
    )  # fmt: skip
