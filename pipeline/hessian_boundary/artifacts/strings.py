"""Strings as artifacts hold them."""

from collections.abc import Sequence

import numpy as np


def string_array(values: Sequence[str]) -> np.ndarray:
    """Return strings in the dtype that Zarr format 3 stores without a warning."""
    return np.array(list(values), dtype=np.dtypes.StringDType())
