"""The signs of eigenvectors, which are arbitrary: those of a figure's first row, where it has one.

A map of A_i and that of −A_i say the same. Rows that are to be compared need one choice.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from hessian_boundary.figures.experiments import split_experiment

SIGNED = ("alignment", "scalar_product")


def with_common_signs(
    experiments: Sequence[str], sources: Sequence[xr.Dataset]
) -> list[xr.Dataset]:
    """Return the alignments with v_i turned so that A_i correlates with that of the first row.

    `sources` has alignment(eigen, …) for each of `experiments`, on a grid or on samples. The first
    row is the first one of the same data set that has eigenvectors: other points cannot be
    compared.
    """
    first: dict[str, xr.Dataset] = {}
    turned = []
    for experiment, source in zip(experiments, sources, strict=True):
        reference = first.get(split_experiment(experiment)[0])
        signs = (
            np.ones(source.sizes["eigen"]) if reference is None else common_signs(reference, source)
        )
        turned.append(with_signs(source, signs))
        if source.sizes["eigen"]:
            first.setdefault(split_experiment(experiment)[0], source)
    return turned


def common_signs(reference: xr.Dataset, source: xr.Dataset) -> np.ndarray:
    """Return ±1 per eigenvector (eigen,): the sign of Σ A_i A_i' over all points of both.

    1 where the reference has no such eigenvector, or other points. Points of NaN do not count.
    """
    signs = np.ones(source.sizes["eigen"])
    first, second = (each["alignment"].values for each in (reference, source))
    pairs = min(len(first), len(second))
    if first.shape[1:] == second.shape[1:]:
        products = np.nansum(first[:pairs] * second[:pairs], axis=tuple(range(1, first.ndim)))
        signs[:pairs] = np.where(products < 0, -1.0, 1.0)
    return signs


def with_signs(source: xr.Dataset, signs: np.ndarray) -> xr.Dataset:
    """Return the artifact with what eigenvectors' signs change multiplied by signs (eigen,)."""
    signed = xr.DataArray(signs, dims="eigen")
    changed = {name: source[name] * signed for name in SIGNED if name in source}
    return source.assign(
        {name: values.transpose(*source[name].dims) for name, values in changed.items()}
    )
