"""Figure 1: decision boundaries of different complexity, their alignments and spectra."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from pipeline.figures.map_rows import MapRow, draw_map_rows
from pipeline.figures.style import publication_style, readable


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per training: predicted classes, the top k alignments, all eigenvalues.

    `inputs` has datasets (one), grids and samples (one per training); `settings` has trainings,
    eigenvectors (k) and profile (a note).
    """
    (dataset,) = inputs["datasets"]
    rows = [
        MapRow(readable(training), dataset, grid, samples)
        for training, grid, samples in zip(
            settings["trainings"], inputs["grids"], inputs["samples"], strict=True
        )
    ]
    return draw_map_rows(rows, settings["eigenvectors"], settings["profile"])
