"""How far the values of two artifacts are apart."""

import numpy as np
import xarray as xr

LEADING = 10  # eigenvectors that are compared


def distance(one: xr.DataArray, other: xr.DataArray) -> str:
    """Say how far apart two variables of the same name are.

    Eigenvectors are compared by the subspaces of the leading ones, since their signs, and inside
    a cluster of eigenvalues their directions, are arbitrary; no others are read.
    """
    if one.name == "eigenvectors":
        return _subspace_overlap(one, other)
    return _array_distance(np.atleast_1d(one.values), np.atleast_1d(other.values))


def _subspace_overlap(one: xr.DataArray, other: xr.DataArray) -> str:
    leading = [vectors.isel(eigen=slice(LEADING)).values for vectors in (one, other)]
    if leading[0].shape != leading[1].shape or not len(leading[0]):
        return f"shapes {leading[0].shape} and {leading[1].shape} cannot be compared"
    cosines = np.linalg.svd(leading[0] @ leading[1].T, compute_uv=False)
    return f"leading {len(cosines)} span subspaces with smallest cosine {cosines.min():.12f}"


def _array_distance(one: np.ndarray, other: np.ndarray) -> str:
    if one.shape[1:] != other.shape[1:]:
        return f"shapes {one.shape} and {other.shape} differ"
    if len(one) != len(other):
        shared = min(len(one), len(other))
        rest = _array_distance(one[:shared], other[:shared])
        return f"{len(one)} and {len(other)} long; the first {shared}: {rest}"
    if one.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        differ = one.astype(object).astype(str) != other.astype(object).astype(str)
        return f"{differ.sum()} entries differ" if differ.any() else "identical"
    if np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f"):
        return "identical"
    finite = np.isfinite(one) & np.isfinite(other)
    alike = finite | (one == other) | (np.isnan(one) & np.isnan(other))
    text = "no finite values to compare"
    if finite.any():
        gap = np.abs(one[finite].astype(float) - other[finite]).max()
        text = f"largest difference {gap:.3g} (largest value {np.abs(one[finite]).max():.3g})"
    return text if alike.all() else f"{text}, {(~alike).sum()} finite in one only"
