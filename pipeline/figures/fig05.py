"""Figure 5: decision boundary and top alignments for the five simulated 2-D data sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from pipeline.figures.map_rows import MapRow, draw_map_rows
from pipeline.figures.style import publication_style, readable


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment: predicted classes and the top k alignments.

    `inputs` has datasets and grids (one per experiment); `settings` has experiments
    ("dataset/training"), eigenvectors (k) and profile (a note).
    """
    rows = [
        MapRow(_label(experiment), dataset, grid)
        for experiment, dataset, grid in zip(
            settings["experiments"], inputs["datasets"], inputs["grids"], strict=True
        )
    ]
    return draw_map_rows(rows, settings["eigenvectors"], settings["profile"])


def _label(experiment: str) -> str:
    dataset, training = experiment.split("/")
    return readable(dataset) + ("" if training == "normal" else f"\n({readable(training)})")
