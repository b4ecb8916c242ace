"""Predicted classes, top alignments and spectrum (Figures 1, 5, 9 to 15 and 19)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.experiments import class_of_view
from hessian_boundary.figures.nothing_to_draw import has_diverged
from hessian_boundary.figures.numbers import numbers_table, spectral_summary
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.map_row import map_rows
from hessian_boundary.figures.style import publication_style
from hessian_boundary.measures.boundary_alignment import (
    alignment_at_boundary,
    alignment_at_class_boundary,
    sign_switches,
)

ARTIFACTS = ("dataset", "alignment_grid", "alignment_samples", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("labels", "width")
FEATURES = 2
COMPARED = ("g_theta_max", "g_theta_mean", "trace", "lambda_max")


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment: predicted classes, the top k alignments, all eigenvalues.

    `settings` has what `draw_rows` takes, and perhaps labels.
    """
    return draw_rows(map_rows(inputs, settings), settings, inputs["alignment_samples"])[0]


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return alignment at the boundary and elsewhere, sign switches, and the spectrum.

    Of a view of one class also the alignment at that class's boundary and at the others' (see
    `measures.boundary_alignment`). Where rows share their grid, agreement_with_first_row is the
    share of grid points that are predicted alike; g_theta_max_ratio, g_theta_mean_ratio,
    trace_ratio and lambda_max_ratio compare with the first row.
    """
    models: list[tuple[str, dict[str, float]]] = []
    for experiment, grid, samples in zip(
        settings["experiments"], inputs["alignment_grid"], inputs["alignment_samples"], strict=True
    ):
        if has_diverged(grid):
            continue
        count, label = settings["eigenvectors"], class_of_view(experiment)
        values = {
            **alignment_at_boundary(grid, count),
            **sign_switches(grid, count),
            **spectral_summary(samples),
            **({} if label is None else alignment_at_class_boundary(grid, count, label)),
        }
        first = inputs["alignment_grid"][0]
        if models and all(grid[axis].equals(first[axis]) for axis in ("x", "y")):
            same = grid["prediction"].values == first["prediction"].values
            values["agreement_with_first_row"] = float(same.mean())
            # of a partial spectrum neither trace nor G_θ is known
            known = [name for name in COMPARED if name in values and name in models[0][1]]
            values |= {f"{name}_ratio": values[name] / models[0][1][name] for name in known}
        models.append((experiment, values))
    return numbers_table(models)
