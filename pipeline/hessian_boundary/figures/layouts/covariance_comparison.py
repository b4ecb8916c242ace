"""The top eigenvectors of the Hessian and of the gradient covariance (Figure 26)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.alignment.subspaces import cosines, overlap
from hessian_boundary.figures.numbers import numbers_table
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.map_row import map_rows
from hessian_boundary.figures.signs import with_signs
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "alignment_grid", "spectrum", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")
EXPERIMENTS, FEATURES = 2, 2


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row for H and one for Σ; above each map of Σ, the cosine β_i and the overlap.

    The signs of Σ's eigenvectors are those with β_i = ⟨v_i^H, v_i^Σ⟩ ≥ 0. The overlap is that of
    the subspaces spanned by the first i of each, which means something also where eigenvalues
    nearly coincide and single eigenvectors do not. `settings` has what `draw_rows` takes.
    """
    first, second = map_rows(inputs, settings)
    comparison = _compare(inputs, settings["eigenvectors"])
    signs = np.ones(second.source.sizes["eigen"])
    products = cosines(*(spectrum["eigenvectors"].values for spectrum in inputs["spectrum"]))
    signs[: len(products)] = np.where(products < 0, -1.0, 1.0)[: len(signs)]
    second = replace(
        second,
        source=with_signs(inputs["alignment_grid"][1], signs),
        titles=[
            rf"$β_{{{i}}}$ = {beta:.2f}" + f"\nfirst {i}: {shared:.2f}" * (i > 1)
            for i, (beta, shared) in enumerate(comparison, start=1)
        ],
    )
    return draw_rows([first, second], settings)[0]


def _compare(inputs: Mapping[str, Sequence[xr.Dataset]], count: int) -> list[tuple[float, float]]:
    """Return (|β_i|, overlap of the first i) for i = 1 … count."""
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
