"""A view: which second-moment matrix of a model is diagonalised, and where.

An artifact's path may hold a view between the seed and the file's name:

    …/seed0/spectrum.zarr.zip             the Hessian of the training loss of the trained model
    …/seed0/class2/spectrum.zarr.zip      of the loss of the samples of class 2 (Figure 9)
    …/seed0/epoch50/spectrum.zarr.zip     at the parameters after 50 epochs (Figures 13 and 14)
    …/seed0/covariance/spectrum.zarr.zip  the gradient covariance Σ instead (Eq. 7, Figure 26)
"""

import re
from dataclasses import dataclass

# artifacts of the trained model as such
WITHOUT_VIEW = ("model", "margin", "alignment_directions")
# and of the parameters, whatever is diagonalised
WITH_EPOCH = ("decision_boundary",)
PATTERN = r"(?:class\d+/|epoch\d+/|covariance/)?"


@dataclass(frozen=True)
class View:
    """A parsed view; both numbers are None and `covariance` False for the plain Hessian."""

    sample_class: int | None = None
    epoch: int | None = None
    covariance: bool = False


def view_folder(kind: str, view: str) -> str:
    """Return "epoch50/" or "", the folder of one kind of artifact for the view "epoch50"."""
    if not view or kind in WITHOUT_VIEW or (kind in WITH_EPOCH and not view.startswith("epoch")):
        return ""
    return f"{view}/"


def parse_view(text: str) -> View:
    """Parse the part of a path that names a view, such as "class2/" or "".

    Raises ValueError for anything else.
    """
    match = re.fullmatch(r"(?:class(\d+)/|epoch(\d+)/|(covariance)/)?", text)
    if match is None:
        raise ValueError(
            f"expected a view like 'class2/', 'epoch50/', 'covariance/' or '', found {text!r}"
        )
    number, epoch, covariance = match.groups()
    return View(
        sample_class=None if number is None else int(number),
        epoch=None if epoch is None else int(epoch),
        covariance=covariance is not None,
    )
