"""Numbers in few bits, with what that costs: maps in 8, places in 16 of the window's width."""

import numpy as np

LEVELS = 127  # on each side of zero
UNKNOWN = -128
STEPS = 65535  # between the ends of an axis


def map_levels(values: np.ndarray) -> np.ndarray:
    """Return values from −1 to 1 as whole numbers (int8), 1 as 127; NaN is −128.

    What lies beyond is cut off. Any other value is off by 1/254 at most.
    """
    cut = np.clip(values, -1, 1)
    return np.where(np.isnan(cut), UNKNOWN, np.rint(np.nan_to_num(cut) * LEVELS)).astype(np.int8)


def places(points: np.ndarray, window: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return points (…, 2) as steps (uint16) from the low to the high end of each axis.

    `window` is (low, high) of each of the two axes. What lies outside is moved to its edge.
    """
    low, high = np.array(window, dtype=float).T
    return np.rint(np.clip((points - low) / (high - low), 0, 1) * STEPS).astype("<u2")
