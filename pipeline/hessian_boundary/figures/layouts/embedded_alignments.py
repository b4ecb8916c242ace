"""Image samples in the plane of t-SNE, coloured by alignment (Figures 3, 23 and 24)."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.numbers import sample_numbers
from hessian_boundary.figures.row_labels import row_labels
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.scatter_row import ScatterRow
from hessian_boundary.figures.signs import with_common_signs
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "embedding", "alignment_samples")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")
numbers = sample_numbers


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
