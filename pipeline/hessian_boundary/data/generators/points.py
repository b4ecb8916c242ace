"""Samples written out in the configuration: the toy set of Figure 4, or a handful of one's own."""

from collections.abc import Sequence

import numpy as np


def generate(*, x: Sequence[Sequence[float]], y: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return x (sample, feature) float32 and y (sample,) int64.

    Raises ValueError when the two lists differ in length.
    """
    if len(x) != len(y):
        raise ValueError(
            f"expected one label per point, found {len(x)} points in `x` and {len(y)} labels in "
            "`y`; make the two lists equally long"
        )
    return np.array(x, dtype=np.float32), np.array(y, dtype=np.int64)
