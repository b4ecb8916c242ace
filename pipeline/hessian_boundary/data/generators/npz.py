"""Arrays of the user's own, as `numpy.savez` writes them."""

from pathlib import Path
from typing import Any

import numpy as np

from hessian_boundary.data.labels import classes_of_file
from hessian_boundary.data.user_files import read_arrays


def generate(
    *, file: Path, x: str = "x", y: str = "y"
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the arrays named `x` (sample, …) and `y` (sample,), and what classes are called.

    Labels are words or whole numbers, as in a CSV file. Raises ValueError for a file without such
    arrays, and for arrays of objects, which are never unpickled.
    """
    arrays = read_arrays(file, [x, y])
    labels, names = classes_of_file(arrays[y])
    return arrays[x], labels, {"class_names": names} if names else {}
