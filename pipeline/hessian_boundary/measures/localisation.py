"""Over how many eigenvectors does the gradient of a sample spread?"""

import numpy as np
import xarray as xr

from hessian_boundary.measures.g_theta import AT_LEAST


def localisation(samples: xr.Dataset, eigenvectors: int) -> dict[str, float]:
    """Say how far the training gradients spread over the eigenvectors (Figure 2).

    share_in_top is the mean of Σ_{i ≤ k} A_i², share_resolved that over all resolved ones. The
    participation number of a sample is (Σ_i A_i²)² / Σ_i A_i⁴: m for m equal alignments. It is
    taken within the resolved part; participation_low and _high are what it would be if the rest of
    the gradient, 1 − Σ_i A_i², lay in one more direction, and if it were spread without end.
    class_coherence is the mean over classes of |mean over the class of A| / mean of |A|, over
    i ≤ k: 1 when all gradients of a class have the same alignments. Samples without a direction
    (NaN) are left out.

    Of a partial spectrum participation is NaN, its low and high hold, and share_resolved and,
    where fewer than k of the largest eigenvalues were computed, share_in_top are NaN beside bounds
    whose names end in _at_least; class_coherence is NaN there, too.
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
    leading = alignment.sizes["eigen"]
    if not samples.attrs.get("complete", True):  # pairs of the lower end follow those of the upper
        leading = int((alignment["eigenvalue"] > 0).sum())
    whole_top = leading >= eigenvectors
    top = alignment.isel(eigen=slice(min(eigenvectors, leading)))
    lengths = (top**2).sum("eigen") ** 0.5
    coherence = []
    for members in (labels == label for label in np.unique(labels)):
        mean = top.isel(sample=members).mean("sample")
        coherence.append(float(np.sqrt((mean**2).sum()) / lengths.isel(sample=members).mean()))
    found = {
        "share_in_top": float((top**2).sum("eigen").mean()),
        "share_resolved": float(total.mean()),
        **{name: float(values.mean()) for name, values in participation.items()},
        "class_coherence": float(np.nanmean(coherence)) if coherence else float("nan"),
    }
    if samples.attrs.get("complete", True):
        return found
    bounded = ["share_resolved"] if whole_top else ["share_resolved", "share_in_top"]
    unknown = [*bounded, "participation", *([] if whole_top else ["class_coherence"])]
    bounds = {f"{name}{AT_LEAST}": found[name] for name in bounded}
    return found | dict.fromkeys(unknown, float("nan")) | bounds
