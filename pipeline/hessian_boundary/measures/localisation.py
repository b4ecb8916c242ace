"""Over how many eigenvectors does the gradient of a sample spread?"""

import numpy as np
import xarray as xr


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
