"""Outliers of the spectrum that an alignment is with, as far as it was computed."""

import xarray as xr

from hessian_boundary.measures.outliers import outlier_measures


def outliers_of(samples: xr.Dataset) -> dict[str, float]:
    """Return the `outlier_measures` of the spectrum that an alignment is with."""
    values, complete = samples["eigenvalue"].values, samples.attrs.get("complete", True)
    return outlier_measures(values, complete, lower_end_computed(samples))


def lower_end_computed(samples: xr.Dataset) -> bool:
    """Whether the most negative eigenvalue is among those of an alignment's spectrum.

    Without a negative one, its computed end was round-off and is not stored, or was not asked for.
    """
    smallest = samples["eigenvalue"].values.min(initial=0.0)
    return bool(samples.attrs.get("bottom_pairs", 1) and smallest < 0)
