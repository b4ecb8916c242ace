"""Arrays of the user's own in a Zarr store: a folder or a zip file, of format 2 or 3."""

from pathlib import Path
from typing import Any

import numpy as np

from hessian_boundary.data.labels import classes_of_file
from hessian_boundary.data.user_files import read_store


def generate(
    *, file: Path, x: str = "x", y: str = "y"
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the arrays named `x` (sample, …) and `y` (sample,), and names of classes and features.

    Labels are words or whole numbers, as in a CSV file. Where x (sample, feature) has a coordinate
    of words along its features, those are their names. Raises ValueError for a file without such
    arrays, and for one that may not be read.
    """
    store = read_store(file, [x, y])
    labels, names = classes_of_file(store[y].to_numpy())
    about: dict[str, Any] = {"class_names": names} if names else {}
    features = store[x].coords.get(store[x].dims[-1]) if store[x].ndim == 2 else None
    if features is not None and features.dtype.kind in "UTO":
        about["features"] = list(map(str, features.to_numpy()))
    return store[x].to_numpy(), labels, about
