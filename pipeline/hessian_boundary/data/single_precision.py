"""Features as float32, in which networks are trained, unless that loses what the data say."""

import numpy as np

# Two values of a feature that differ by more than this part of its range must stay two. Centred
# features keep a ten-millionth of their range in float32; a feature loses this much when its offset
# is about a thousand times its range, as a time in seconds since 1970 does. Values that lie nearer
# to each other may merge, as happens by chance in every large sample of a continuous feature.
RESOLUTION = 1e-4
# Where one range covers values of very different size, this part of all distinct values.
MERGED = 0.5
# Differences of float64 numbers that are round-off of how they were computed (0.1 + 0.2 and 0.3),
# relative to the largest value; whole numbers have none.
ROUND_OFF = 1e-12

ADVICE = (
    "subtract the mean of each feature in float64, and divide by its standard deviation, before "
    "the generator returns x"
)


def to_float32(x: np.ndarray) -> np.ndarray:
    """Return x (sample, …), of real numbers, in float32.

    Raises ValueError when finite values become infinite, or values of a feature that differ become
    equal (`RESOLUTION`, `MERGED`). Duplicates and float64 round-off may.
    """
    with np.errstate(over="ignore"):
        rounded = x.astype(np.float32)
    finite = np.isfinite(x)
    if (lost := np.isinf(rounded) & finite).any():
        raise ValueError(
            f"expected features that float32 can hold, up to {np.finfo(np.float32).max:.2g}, found "
            f"{x[lost].flat[0]:.3g}; {ADVICE}"
        )
    if finite.all() and len(x):
        # 64 bits of integers are more than float64 holds
        wide = x.astype(np.longdouble) if x.dtype.kind in "iu" and x.itemsize == 8 else x
        columns, exact = x.reshape(len(x), -1), (rounded == wide).reshape(len(x), -1).all(0)
        for index in np.flatnonzero(~exact):
            _check_feature(columns[:, index], int(index))
    return rounded


def _check_feature(values: np.ndarray, index: int) -> None:
    """`values` (n,) of one feature; images count theirs along channels, rows and columns."""
    whole = values.dtype.kind in "iu" or bool((values == np.rint(values)).all())
    ordered = np.unique(values).astype(np.longdouble)
    gaps = np.diff(ordered)
    if not len(gaps):
        return
    noise = 0 if whole else ROUND_OFF * np.abs(ordered).max()
    distinct = gaps > noise
    merged = distinct & (np.diff(ordered.astype(np.float32)) == 0)
    wide = merged & (gaps > RESOLUTION * (ordered[-1] - ordered[0]))
    if wide.any() or merged.sum() > MERGED * max(1, distinct.sum()):
        first = int(np.flatnonzero(merged)[0])
        raise ValueError(
            f"expected features whose values differ in float32 too, found {ordered[first]:.17g} "
            f"and {ordered[first + 1]:.17g} in feature {index}, which become equal, as do "
            f"{int(merged.sum())} of {int(distinct.sum())} neighbouring values; {ADVICE}"
        )
