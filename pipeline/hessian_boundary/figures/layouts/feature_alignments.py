"""Training samples in the plane of two of their features, coloured by alignment (Figure 21)."""

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

ARTIFACTS = ("dataset", "alignment_samples")
NEEDED, TAKEN = ("eigenvectors", "features"), ("labels", "width")
numbers = sample_numbers


@publication_style()
def draw(inputs: Mapping[str, Sequence[xr.Dataset]], settings: Mapping[str, Any]) -> Figure:
    """Draw a row per experiment: true classes, the top k alignments, the spectrum.

    `settings` has `features`, the names of two features of the data set.

    Raises ValueError for names that the data set does not have.
    """
    first, second = settings["features"]
    rows: list[ScatterRow] = []
    for label, dataset, samples in zip(
        row_labels(settings, inputs["dataset"]),
        inputs["dataset"],
        with_common_signs(settings["experiments"], inputs["alignment_samples"]),
        strict=True,
    ):
        _check_features(dataset, settings["features"])
        train = dataset.isel(sample=dataset["split"].values == "train")
        points = train["x"].sel(feature=[first, second]).values
        caption = f"→ {first}\n↑ {second}"
        rows.append(ScatterRow(label, points, dataset, samples, caption, heading="class"))
    return draw_rows(rows, settings, inputs["alignment_samples"])[0]


def _check_features(dataset: xr.Dataset, features: Sequence[str]) -> None:
    names = dataset["feature"].values.tolist() if "feature" in dataset.coords else []
    if unknown := [name for name in features if name not in names]:
        raise ValueError(
            f"expected `features` among the names of the data set's features, {names}, found "
            f"{unknown}; change the figure's `features`, or return names from the generator"
        )
