"""Top eigenvectors against other directions in parameter space (Figures 7 and 8)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hessian_boundary.figures.map_row import MapRow
from hessian_boundary.figures.numbers import extreme_alignments, numbers_table
from hessian_boundary.figures.rows import draw_rows
from hessian_boundary.figures.style import publication_style

ARTIFACTS = ("dataset", "alignment_directions", "decision_boundary")
NEEDED, TAKEN = ("eigenvectors",), ("own_scale",)
EXPERIMENTS, FEATURES = 1, 2
LABELS = {
    "top": "top\neigenvectors",
    "bottom": "bottom\neigenvectors",
    "random eigenvector": "random\neigenvectors",
    "random direction": "random\ndirections",
}


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per kind of direction, on one scale or each map on its own (`own_scale`)."""
    (dataset,), (directions,), (boundary,) = (inputs[kind] for kind in ARTIFACTS)
    own_scale = settings.get("own_scale", False)
    rows = []
    for kind in directions["kind"].values:
        source = directions.sel(kind=kind).rename(index="eigen")
        source = source.assign_attrs(rank=source.sizes["eigen"])
        rows.append(MapRow(LABELS[str(kind)], dataset, source, boundary, own_scale=own_scale))
    bar = "alignment with direction $i$" + (", in units of each map's own limit" * own_scale)
    figure, panels = draw_rows(rows, settings["eigenvectors"], settings["note"], bar=bar)
    for index, axes in enumerate(panels[0][1:]):
        axes.set_title(f"{index + 1}")
    return figure


def numbers(
    inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the largest |alignment| with each kind of direction (Appendix E)."""
    (experiment,), (directions,) = settings["experiments"], inputs["alignment_directions"]
    return numbers_table([(experiment, extreme_alignments(directions))])
