"""A figure's numbers as a tidy table: what a reader would otherwise estimate from the picture."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr

from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.measures.g_theta import AT_LEAST, g_theta_bounds, g_theta_by_statistic
from hessian_boundary.measures.localisation import localisation

COLUMNS = ("experiment", "quantity", "value")


def numbers_table(models: Iterable[tuple[str, Mapping[str, float]]]) -> pd.DataFrame:
    """Return one row per experiment and quantity: columns experiment, quantity, value."""
    rows = [
        (experiment, quantity, value)
        for experiment, values in models
        for quantity, value in values.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sample_numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return how localised the training gradients are, and the spectrum, per experiment.

    Of a part of a spectrum the bounds participation_low and participation_high are known.
    """
    models = []
    for experiment, samples in zip(
        settings["experiments"], inputs["alignment_samples"], strict=True
    ):
        if not has_diverged(samples):
            drawn = settings["eigenvectors"]
            count = samples.sizes["eigen"] if drawn == "all" else int(drawn)
            models.append((experiment, localisation(samples, count) | spectral_summary(samples)))
    return numbers_table(models)


def spectral_summary(samples: xr.Dataset) -> dict[str, float]:
    """Return λ_max, trace, rank and G_θ with both statistics.

    Of a partial spectrum: λ_max, a lower bound of the rank, and bounds of G_θ, such as
    g_theta_mean_at_least, whose names end in _at_least and _at_most.
    """
    eigenvalues = samples["eigenvalue"].values
    found, rank = {"lambda_max": float(eigenvalues.max())}, float(len(eigenvalues))
    if not samples.attrs.get("complete", True):
        return found | {f"rank{AT_LEAST}": rank} | g_theta_bounds(samples)
    return {
        **found,
        "rank": rank,
        "trace": float(eigenvalues.sum()),
        **g_theta_by_statistic(samples),
    }


def extreme_alignments(directions: xr.Dataset) -> dict[str, float]:
    """Return the largest |alignment| with each kind of direction (Appendix E).

    Over the grid: largest_top_on_grid, largest_bottom_on_grid, largest_random_eigenvector_on_grid
    and largest_random_direction_on_grid; over the training samples largest_top_on_samples, ….
    """
    largest = {
        f"largest_{kind}_{place}": float(abs(directions[name].sel(kind=kind)).max())
        for kind in directions["kind"].values
        for place, name in [("on_grid", "alignment"), ("on_samples", "sample_alignment")]
    }
    return {name.replace(" ", "_"): value for name, value in largest.items()}
