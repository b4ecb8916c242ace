"""Is the alignment larger at the decision boundary, and does it change its sign there?

A grid point is "at the boundary" when the predicted class changes between it and one of its
neighbours along an axis; k is the number of eigenvectors that a figure draws.
"""

import numpy as np
import xarray as xr

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
