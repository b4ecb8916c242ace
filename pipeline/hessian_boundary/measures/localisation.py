"""The numbers behind what the paper says about its figures, one dictionary per model.

A grid point is "at the boundary" when the predicted class changes between it and one of its
neighbours along an axis; k is the number of eigenvectors that the figure draws.
"""

import numpy as np
import xarray as xr

from hessian_boundary.measures.g_theta import g_theta_by_statistic

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

    Returns boundary_share, the share of grid points at the boundary; the means of a there and
    elsewhere; the shares of points with a > 0.5; and the share of points without direction.
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
    """Compare the mean of max_{i ≤ k} |A_i| at the boundary of one class with the rest of it.

    Returns own_boundary_alignment and other_boundary_alignment, of boundary points that do and do
    not border on the class (Appendix F); NaN where there are none.
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


def localisation(samples: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Say how far the training gradients spread over the eigenvectors (Figure 2).

    share_in_top is the mean of Σ_{i ≤ k} A_i², share_resolved that over all resolved ones. The
    participation number of a sample is (Σ_i A_i²)² / Σ_i A_i⁴: m for m equal alignments. It is
    taken within the resolved part; participation_low and _high are what it would be if the rest of
    the gradient, 1 − Σ_i A_i², lay in one more direction, and if it were spread without end.
    class_coherence is the mean over classes of |mean over the class of A| / mean of |A|, over
    i ≤ k: 1 when all gradients of a class have the same alignments. Samples without a direction
    (NaN) are left out.
    """
    samples = samples.isel(sample=samples["alignment"].notnull().all("eigen").values)
    alignment, labels = samples["alignment"], samples["label"].values
    square = alignment**2
    total, fourth = square.sum("eigen"), (square**2).sum("eigen")
    rest = (1 - total).clip(min=0)
    participation = {
        "participation": total**2 / fourth,
        "participation_low": 1 / (fourth + rest**2),
        "participation_high": 1 / fourth,
    }
    top = alignment.isel(eigen=slice(eigenvectors))
    lengths = (top**2).sum("eigen") ** 0.5
    coherence = []
    for members in (labels == label for label in np.unique(labels)):
        mean = top.isel(sample=members).mean("sample")
        coherence.append(float(np.sqrt((mean**2).sum()) / lengths.isel(sample=members).mean()))
    return {
        "share_in_top": float((top**2).sum("eigen").mean()),
        "share_resolved": float(total.mean()),
        **{name: float(values.mean()) for name, values in participation.items()},
        "class_coherence": float(np.nanmean(coherence)) if coherence else float("nan"),
    }


def spectral_summary(samples: xr.Dataset) -> dict[str, float]:
    """Return λ_max, trace, rank and G_θ with both statistics."""
    eigenvalues = samples["eigenvalue"].values
    found = {"lambda_max": float(eigenvalues.max()), "rank": float(len(eigenvalues))}
    if not samples.attrs.get("complete", True):
        return found
    return {**found, "trace": float(eigenvalues.sum()), **g_theta_by_statistic(samples)}


def extreme_alignments(directions: xr.Dataset) -> dict[str, float]:
    """Return the largest |alignment| with each kind of direction (Appendix E)."""
    largest = {
        f"largest_{kind}_{place}": float(abs(directions[name].sel(kind=kind)).max())
        for kind in directions["kind"].values
        for place, name in [("on_grid", "alignment"), ("on_samples", "sample_alignment")]
    }
    return {name.replace(" ", "_"): value for name, value in largest.items()}
