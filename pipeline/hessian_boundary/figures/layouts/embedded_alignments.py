"""Image samples in the plane of t-SNE, coloured by alignment (Figures 3, 23 and 24)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.alignment.neighbour_order import neighbour_order
from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.figures.numbers import numbers_table, sample_numbers
from hessian_boundary.figures.row_labels import row_labels
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.scatter_row import ScatterRow
from hessian_boundary.figures.signs import with_common_signs
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "embedding", "alignment_samples")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment: true classes, the top k alignments, the spectrum."""
    rows = [
        ScatterRow(label, embedding["embedding"].values, dataset, samples, heading="t-SNE, class")
        for label, dataset, embedding, samples in zip(
            row_labels(settings, inputs["dataset"]),
            inputs["dataset"],
            inputs["embedding"],
            with_common_signs(settings["experiments"], inputs["alignment_samples"]),
            strict=True,
        )
    ]
    return draw_rows(rows, settings, inputs["alignment_samples"])[0]


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return what `sample_numbers` does, and how ordered the colours of the picture are.

    share_in_first_two is the mean over samples of A_1² + A_2², neighbour_order what
    `alignment.neighbour_order` finds in the plane, of the eigenvectors drawn.
    """
    models = []
    for experiment, embedding, samples in zip(
        settings["experiments"], inputs["embedding"], inputs["alignment_samples"], strict=True
    ):
        if has_diverged(samples):
            continue
        alignment = samples["alignment"].transpose("eigen", "sample")
        first = alignment.isel(eigen=slice(2))
        drawn = alignment.isel(eigen=slice(int(settings["eigenvectors"]))).values
        values = {
            "share_in_first_two": float((first**2).sum("eigen", skipna=False).mean()),
            "neighbour_order": neighbour_order(embedding["embedding"].values, drawn),
        }
        models.append((experiment, values))
    return pd.concat([sample_numbers(inputs, settings), numbers_table(models)], ignore_index=True)
