"""Samples in a plane: t-SNE, to look at data of many dimensions (Figures 3, 23 and 24)."""

import numpy as np
import xarray as xr
from sklearn.manifold import TSNE

RANDOM_STATE = 42  # PAPER: the authors' code
PERPLEXITY = 30.0  # scikit-learn's default


def embed(x: np.ndarray) -> xr.Dataset:
    """Embed x (sample, feature…) in the plane by t-SNE on the features as they are.

    Returns embedding(sample, coordinate) float32. Distances and axes have no unit.

    Raises ValueError for fewer than five samples.
    """
    if len(x) < 5:
        raise ValueError(f"expected at least five samples to embed, found {len(x)}")
    perplexity = min(PERPLEXITY, (len(x) - 1) / 3)
    points = TSNE(perplexity=perplexity, random_state=RANDOM_STATE).fit_transform(
        x.reshape(len(x), -1)
    )
    variables = {"embedding": (("sample", "coordinate"), points, {"long_name": "t-SNE coordinate"})}
    return xr.Dataset(
        variables,
        coords={"sample": np.arange(len(x))},
        attrs={"perplexity": perplexity, "random_state": RANDOM_STATE},
    )
