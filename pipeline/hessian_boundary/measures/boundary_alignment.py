"""Is the alignment larger at the decision boundary, and does it change its sign there?

A grid point is "at the boundary" when the predicted class changes between it and one of its
neighbours along an axis; k is the number of eigenvectors that a figure draws.
"""

from itertools import combinations

import numpy as np
import xarray as xr
from scipy.ndimage import distance_transform_edt

STRONG = 0.5  # |alignment| that counts as strong


def at_boundary(prediction: xr.DataArray) -> np.ndarray:
    """Return a mask of grid points (y, x) or (x,) with a neighbour of another predicted class."""
    values = prediction.values
    mask = np.zeros(values.shape, dtype=bool)
    for axis in range(values.ndim):
        change = np.diff(values, axis=axis) != 0
        for pad in ((1, 0), (0, 1)):
            width = [(0, 0)] * values.ndim
            width[axis] = pad
            mask |= np.pad(change, width)
    return mask


def alignment_at_boundary(grid: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Compare a(x) = max_{i ≤ k} |A_i(x)| at the boundary with the rest of the grid (Section 3).

    Returns boundary_share, the share of grid points at the boundary; alignment_at_boundary and
    alignment_elsewhere, the means of a; strong_at_boundary and strong_elsewhere, the shares of
    points with a > 0.5; and share_without_direction.
    """
    strongest = abs(grid["alignment"].isel(eigen=slice(eigenvectors))).max("eigen").values
    boundary = at_boundary(grid["prediction"])
    if not boundary.any():
        return {"boundary_share": 0.0}
    near, far = strongest[boundary], strongest[~boundary]
    return {
        "boundary_share": float(boundary.mean()),
        "alignment_at_boundary": float(np.nanmean(near)),
        "alignment_elsewhere": float(np.nanmean(far)),
        "strong_at_boundary": float((near > STRONG).mean()),
        "strong_elsewhere": float((far > STRONG).mean()),
        "share_without_direction": float(np.isnan(strongest).mean()),
    }


def alignment_at_class_boundary(
    grid: xr.Dataset, eigenvectors: int, label: int
) -> dict[str, float]:
    """Compare the mean of max_{i ≤ k} |A_i| on two parts of the boundary (Appendix F).

    Returns own_boundary_alignment, at points that border on the class, and
    other_boundary_alignment, at the boundary between other classes; NaN where there are none.
    """
    strongest = abs(grid["alignment"].isel(eigen=slice(eigenvectors))).max("eigen").values
    own = at_boundary(grid["prediction"] == label)
    other = at_boundary(grid["prediction"]) & ~own
    return {
        f"{name}_boundary_alignment": float(np.nanmean(strongest[mask])) if mask.any() else np.nan
        for name, mask in (("own", own), ("other", other))
    }


def sign_switches(grid: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Count where the predicted class changes along x, and where a strong A_i changes its sign.

    A crossing is strong when |A_i| > 0.5 on both its sides for some i ≤ k, and switch_share is the
    share of strong crossings at which such an A_i changes its sign (Section 3, Appendix A).
    """
    alignment = grid["alignment"].isel(eigen=slice(eigenvectors)).transpose(..., "x").values
    change = np.diff(grid["prediction"].transpose(..., "x").values) != 0
    left, right = alignment[..., :-1], alignment[..., 1:]
    strong = (np.abs(left) > STRONG) & (np.abs(right) > STRONG)
    switched = ((left * right < 0) & strong).any(axis=0)
    aligned = change & strong.any(axis=0)
    count = int(aligned.sum())
    return {
        "crossings": float(change.sum()),
        "strong_crossings": float(count),
        "switch_share": float((aligned & switched).sum()) / count if count else float("nan"),
    }


def boundary_distance(prediction: xr.DataArray) -> np.ndarray:
    """Return how far each grid point is from the nearest one at the boundary, in grid steps."""
    distance: np.ndarray = distance_transform_edt(~at_boundary(prediction))
    return distance


def fall_off(grid: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Say how much a(x) = max_{i ≤ k} |A_i(x)| is smaller some way off (Appendix G).

    fall_off is 1 − (mean of a at 10 to 20 % of the shorter side of the grid from the boundary) /
    (mean at the boundary): 0 where it stays, 1 where it is gone. NaN without such points.
    """
    strongest = abs(grid["alignment"].isel(eigen=slice(eigenvectors))).max("eigen").values
    distance = boundary_distance(grid["prediction"]) / min(grid["prediction"].shape)
    some_way_off, near = (distance > 0.1) & (distance <= 0.2), distance == 0
    if not near.any() or not some_way_off.any():
        return {"fall_off": float("nan")}
    left = np.nanmean(strongest[some_way_off]) / np.nanmean(strongest[near])
    return {"fall_off": 1 - float(left)}


def sections(grid: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Say whether each of k eigenvectors marks a section of the boundary (Section 3).

    eigenvectors_with_section counts those that are the strongest, |A_i| > 0.5, at 5 % of the grid
    points at the boundary or more; largest_off_boundary is the largest over i ≤ k of the distance
    from the boundary, in grid steps, of the grid point where |A_i| is largest.
    """
    alignment = abs(grid["alignment"].isel(eigen=slice(eigenvectors))).fillna(0).values
    boundary, distance = at_boundary(grid["prediction"]), boundary_distance(grid["prediction"])
    if not boundary.any():
        return {}
    near = alignment[:, boundary]
    owners = np.where(near.max(axis=0) > STRONG, near.argmax(axis=0), -1)
    shares = [float((owners == i).mean()) for i in range(len(alignment))]
    peaks = [distance.ravel()[values.argmax()] for values in alignment]
    return {
        "eigenvectors_with_section": float(sum(share >= 0.05 for share in shares)),
        "largest_off_boundary": float(max(peaks)),
    }


def section_separation(grid: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Say how large the sections of the boundary are that k eigenvectors mark, and how separate.

    The section of eigenvector i is the grid points at the boundary with |A_i| > 0.5. Returns
    largest_section, the largest share of the boundary that one of them takes, and section_overlap,
    the mean over pairs of |both| / |either| (Jaccard 1901; NaN where no two have a section).
    Source: Section 3, contribution 1 ("separate sections").
    """
    boundary = at_boundary(grid["prediction"])
    if not boundary.any():
        return {}
    alignment = abs(grid["alignment"].isel(eigen=slice(eigenvectors))).fillna(0).values
    members = [values[boundary] > STRONG for values in alignment]
    marking = [mine for mine in members if mine.any()]
    shared = [(one & other).sum() / (one | other).sum() for one, other in combinations(marking, 2)]
    return {
        "largest_section": float(max(mine.mean() for mine in members)),
        "section_overlap": float(np.mean(shared)) if shared else float("nan"),
    }
