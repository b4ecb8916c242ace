"""The top eigenvectors of the Hessian and of the gradient covariance (Figure 26)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.alignment.subspaces import cosines, overlap
from hessian_boundary.figures.map_row import map_rows
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.rows import draw_rows
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "alignment_grid", "spectrum", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels",)
EXPERIMENTS, FEATURES = 2, 2


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row for H and one for Σ; below each map of Σ, the cosine β_i and the overlap.

    β_i = |⟨v_i^H, v_i^Σ⟩|, and the overlap of the subspaces spanned by the first i of each, which
    means something also where eigenvalues nearly coincide and single eigenvectors do not.
    """
    count = settings["eigenvectors"]
    figure, panels = draw_rows(map_rows(inputs, settings), count, settings["note"])
    comparison = _compare(inputs, count)
    for index, axes in enumerate(panels[1][1 : 1 + len(comparison)]):
        beta, shared = comparison[index]
        text = rf"$β_{{{index + 1}}}$ = {beta:.2f}, span {shared:.2f}"
        axes.set_xlabel(text, labelpad=1, fontsize=5.5)
    return figure


def _compare(inputs: Mapping[str, Sequence[xr.Dataset]], count: int) -> list[tuple[float, float]]:
    """Return (β_i, overlap of the first i) for i = 1 … count."""
    first, second = (
        spectrum["eigenvectors"].isel(eigen=slice(count)).values for spectrum in inputs["spectrum"]
    )
    return [
        (abs(beta), overlap(first[: index + 1], second[: index + 1]))
        for index, beta in enumerate(cosines(first, second).tolist())
    ]


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return β_i and the overlap of the subspaces of the first i eigenvectors (Appendix M).

    They are called beta_1, beta_2 and so on, overlap_of_first_1 and so on.
    """
    values = {}
    for index, (beta, shared) in enumerate(_compare(inputs, settings["eigenvectors"]), start=1):
        values[f"beta_{index}"] = beta
        values[f"overlap_of_first_{index}"] = shared
    return numbers_table([(settings["experiments"][1], values)])
