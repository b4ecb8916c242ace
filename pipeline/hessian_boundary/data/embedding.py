"""Samples in a plane: t-SNE, to look at data of many dimensions (Figures 3, 23 and 24)."""

import numpy as np
import xarray as xr
from sklearn.manifold import TSNE

RANDOM_STATE = 42  # PAPER: the authors' code
PERPLEXITY = 30.0  # scikit-learn's default
FEWEST = 5  # samples, and samples that differ

# Of the largest range of a feature: beyond, squares and their sums leave what float32 holds, or
# scikit-learn's stopping rules, which are absolute, decide the picture.
SMALLEST_RANGE, LARGEST_RANGE = 1e-9, 1e15
# Largest value relative to the largest range: float32 resolves a thousandth of the range.
LARGEST_OFFSET = 1e4


def embed(x: np.ndarray) -> xr.Dataset:
    """Embed x (sample, feature…) in the plane by t-SNE on the features as they are.

    Returns embedding(sample, coordinate) float32. Distances and axes have no unit.

    Raises ValueError for fewer than five samples that differ, for values that are not finite, and
    for features whose range is too small, too large, or lost beside their offset: scikit-learn ends
    the whole process on some of those.
    """
    flat = x.reshape(len(x), -1)
    _check(flat)
    perplexity = min(PERPLEXITY, (len(x) - 1) / 3)
    # principal components to start from, scikit-learn's default, are two; one feature has one
    start = "pca" if flat.shape[1] > 1 else "random"
    method = TSNE(perplexity=perplexity, random_state=RANDOM_STATE, init=start)
    points = method.fit_transform(flat)
    variables = {"embedding": (("sample", "coordinate"), points, {"long_name": "t-SNE coordinate"})}
    return xr.Dataset(
        variables,
        coords={"sample": np.arange(len(x))},
        attrs={"perplexity": perplexity, "random_state": RANDOM_STATE},
    )


def _check(x: np.ndarray) -> None:
    if len(x) < FEWEST:
        raise ValueError(f"expected at least five samples to embed, found {len(x)}")
    if not np.isfinite(x).all():
        raise ValueError(
            f"expected finite features to embed, found {int((~np.isfinite(x)).sum())} NaN or "
            "infinite values; clean the data first"
        )
    if (distinct := len(np.unique(x, axis=0))) < FEWEST:
        raise ValueError(
            f"expected at least five samples that differ to embed, found {distinct} among {len(x)};"
            " there is nothing to arrange: leave the embedding out, or take other features"
        )
    values = x.astype(np.float64)
    spread, largest = np.ptp(values, axis=0).max(), np.abs(values).max()
    if not SMALLEST_RANGE <= spread <= LARGEST_RANGE or largest > LARGEST_OFFSET * spread:
        raise ValueError(
            f"expected features to embed with a range of {SMALLEST_RANGE:g} to {LARGEST_RANGE:g}, "
            f"and values of at most {LARGEST_OFFSET:g} times it, found a largest range of "
            f"{spread:.3g} and values up to {largest:.3g}; subtract each feature's mean and divide "
            "by its standard deviation in the generator"
        )
