"""A view: which second-moment matrix of a model is diagonalised, of what, and where.

An artifact's path may hold a view between the seed and the file's name, of up to four parts in this
order:

    …/seed0/spectrum.zarr.zip                the Hessian of the training loss of the trained model
    …/seed0/epoch50/spectrum.zarr.zip        at the parameters after 50 epochs (Figures 13 and 14)
    …/seed0/class2/spectrum.zarr.zip         of the loss of the samples of class 2 (Figure 9)
    …/seed0/layer/fc1/spectrum.zarr.zip      its block of the parameters of the module fc1
    …/seed0/last_layer/spectrum.zarr.zip     of those of the layer that is evaluated last
    …/seed0/gauss_newton/spectrum.zarr.zip   the Gauss-Newton part of it
    …/seed0/covariance/spectrum.zarr.zip     the gradient covariance Σ instead (Eq. 7, Figure 26)
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

Matrix = Literal["hessian", "gauss_newton", "covariance"]

# artifacts of the trained model as such
WITHOUT_VIEW = ("model", "margin", "alignment_directions")
# and of the parameters, whatever is diagonalised
WITH_EPOCH = ("decision_boundary",)
# what stands before the matrix: in a path, and by its parts
PLACE = r"(?:epoch\d+/)?(?:class\d+/)?(?:layer/[\w.-]+/|last_layer/)?"
PLACE_PARTS = r"(?:epoch(\d+)/)?(?:class(\d+)/)?(?:layer/([\w.-]+)/|(last_layer)/)?"
GAUSS_NEWTON = f"{PLACE}gauss_newton/"
OTHERS = f"{PLACE}(?:covariance/)?"
PATTERN = f"{PLACE}(?:gauss_newton/|covariance/)?"


@dataclass(frozen=True)
class View:
    """A parsed view; without any part, the Hessian of the trained model's loss."""

    epoch: int | None = None
    sample_class: int | None = None
    layer: str | None = None  # its name, or last_layer
    matrix: Matrix = "hessian"


def experiment_parts(name: str) -> list[str]:
    """Return data set, training and perhaps a view of an experiment's name in a figure."""
    return name.split("/", 2)


def view_folder(kind: str, view: str) -> str:
    """Return "epoch50/" or "", the folder of one kind of artifact for the view "epoch50"."""
    if not view or kind in WITHOUT_VIEW:
        return ""
    if kind in WITH_EPOCH:
        epoch = parse_view(f"{view}/").epoch
        return "" if epoch is None else f"epoch{epoch}/"
    return f"{view}/"


def parse_view(text: str) -> View:
    """Parse the part of a path that names a view, such as "epoch50/layer/fc1/", "class2/" or "".

    Raises ValueError for anything else.
    """
    match = re.fullmatch(f"{PLACE_PARTS}(?:(gauss_newton|covariance)/)?", text)
    if match is None:
        raise ValueError(
            "expected a view of the parts 'epoch50/', 'class2/', 'layer/NAME/' or 'last_layer/', "
            f"and 'gauss_newton/' or 'covariance/', in this order, found {text!r}; leave out or "
            "move what does not fit"
        )
    epoch, label, layer, last, matrix = match.groups()
    return View(
        epoch=None if epoch is None else int(epoch),
        sample_class=None if label is None else int(label),
        layer=layer or last,
        matrix=cast(Matrix, matrix or "hessian"),
    )
