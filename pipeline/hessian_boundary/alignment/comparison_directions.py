"""Directions in parameter space to compare the top eigenvectors with (Appendix E)."""

import numpy as np
import xarray as xr

KINDS = ("top", "bottom", "random eigenvector", "random direction")


def comparison_directions(spectrum: xr.Dataset, count: int, seed: int) -> xr.DataArray:
    """Return unit vectors (kind, index, parameter), `count` of each of the four kinds.

    top: the largest eigenvalues; bottom: the most negative ones, the lowest first. random
    eigenvector: `count` of the p eigenvectors, drawn without replacement. Most eigenvectors belong
    to the null space, whose basis is arbitrary, so one drawn from there is a random unit vector
    orthogonal to all resolved ones. random direction: normalised standard-normal vectors.

    Raises ValueError when fewer than 2 · `count` pairs are resolved.
    """
    vectors = spectrum["eigenvectors"].values
    rank, parameters = vectors.shape
    if rank < 2 * count:
        raise ValueError(
            f"expected at least {2 * count} resolved eigenpairs to take {count} from both ends, "
            f"found {rank}; ask for fewer"
        )
    draw = np.random.default_rng(seed)
    chosen = draw.choice(parameters, size=count, replace=False)
    # which of p eigenvectors is resolved does not matter for the draw: put them first
    random_eigenvectors = np.stack(
        [vectors[i] if i < rank else _null_space_vector(vectors, draw) for i in chosen]
    )
    random_directions = draw.standard_normal((count, parameters))
    random_directions /= np.linalg.norm(random_directions, axis=1, keepdims=True)
    stacked = [vectors[:count], vectors[::-1][:count], random_eigenvectors, random_directions]
    kinds = np.array(KINDS, dtype=np.dtypes.StringDType())
    return xr.DataArray(
        np.stack(stacked),
        dims=("kind", "index", "parameter"),
        coords={"kind": kinds, "index": np.arange(1, count + 1)},
    )


def _null_space_vector(resolved: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    vector = draw.standard_normal(resolved.shape[1])
    for _ in range(2):
        vector -= (resolved @ vector) @ resolved
    return np.asarray(vector / np.linalg.norm(vector))
