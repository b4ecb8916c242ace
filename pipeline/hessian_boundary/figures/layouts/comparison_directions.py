"""Top eigenvectors against other directions in parameter space (Figures 7 and 8)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.numbers import extreme_alignments, numbers_table
from hessian_boundary.figures.rows.drawing import draw_rows
from hessian_boundary.figures.rows.map_row import MapRow
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "alignment_directions", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("own_scale", "width")
EXPERIMENTS, FEATURES = 1, 2
# kind -> what the row is called, and each of its directions
ROWS = {
    "top": ("top\neigenvectors", "$v_{{{}}}$"),
    "bottom": ("bottom\neigenvectors", "$v_{{-{}}}$"),
    "random eigenvector": ("random\neigenvectors", "draw {}"),
    "random direction": ("random\ndirections", "draw {}"),
}


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per kind of direction, on one scale or each map on its own (`own_scale`).

    v_{-1}, v_{-2}, … are the eigenvectors of the most negative eigenvalues. The prediction, which
    is the same for all, is drawn once. `settings` has what `draw_rows` takes besides.
    """
    (dataset,), (directions,), (boundary,) = (inputs[kind] for kind in ARTIFACTS)
    own_scale = settings.get("own_scale", False)
    rows = []
    for number, kind in enumerate(directions["kind"].values):
        source = directions.sel(kind=kind).rename(index="eigen")
        source = source.assign_attrs(rank=source.sizes["eigen"])
        label, name = ROWS[str(kind)]
        rows.append(
            MapRow(
                label, dataset, source, boundary, own_scale=own_scale,
                heading="" if number else "prediction",
                titles=[name.format(index) for index in source["eigen"].values],
            )
        )  # fmt: skip
    bar = "alignment" + (", in units of the number above each map" * own_scale)
    return draw_rows(rows, settings, bar=bar)[0]


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the largest |alignment| with each kind of direction (Appendix E)."""
    (experiment,), (directions,) = settings["experiments"], inputs["alignment_directions"]
    return numbers_table([(experiment, extreme_alignments(directions))])
