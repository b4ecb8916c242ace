"""What the explorer shows of one run: its maps, boundary, samples and eigenvalues, as bytes."""

import zlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from hessian_boundary.data.dataset import class_count
from hessian_boundary.figures.panels import class_label
from hessian_boundary.report.explorer.levels import map_levels, places
from hessian_boundary.wording.labels import experiment_label, readable


@dataclass(frozen=True)
class RunMaps:
    """One run. `about` and `data` go into the page, the rest chooses among runs."""

    experiment: str  # "data set/training", perhaps with a view
    seed: int
    about: dict[str, Any]
    data: str  # deflated and in base64; `packed_maps` says what

    @property
    def entry(self) -> dict[str, Any]:
        """What the script is given."""
        training = experiment_label(self.experiment.partition("/")[2])
        names = {"dataset": self.dataset, "training": training}
        return names | {"seed": self.seed, **self.about, "data": self.data}

    @property
    def dataset(self) -> str:
        """What its data set is called."""
        return readable(self.experiment.partition("/")[0])


def packed_maps(
    experiment: str, seed: int, data: xr.Dataset, grid: xr.Dataset, boundary: xr.Dataset,
    samples: xr.Dataset | None,
) -> RunMaps | None:  # fmt: skip
    """Pack one run; None for a diverged training, which has no eigenvectors.

    `data` is a data set of two features, `grid` its alignment_grid, `boundary` its
    decision_boundary, `samples` its alignment_samples, whose eigenvalues are all that are known
    (without it those of the maps). The bytes are, one after the other: cosine and scalar product
    (eigen, y, x) as `map_levels`; pieces (piece, end, feature) and samples (sample, feature) as
    `places`; eigenvalues in single precision; the samples' classes in a byte each.
    """
    if grid.sizes["eigen"] == 0:
        return None
    x, y = grid["x"].values, grid["y"].values
    window = ((x[0], x[-1]), (y[0], y[-1]))
    train = data.isel(sample=data["split"].values == "train")
    pieces = _pieces(grid, boundary)
    known = grid if samples is None else samples
    eigenvalues = known["eigenvalue"].values
    parts = [
        *(map_levels(grid[name].values) for name in ("alignment", "scalar_product")),
        places(pieces, window),
        places(train["x"].values, window),
        eigenvalues.astype("<f4"),
        train["y"].values.astype(np.uint8),
    ]
    about = {
        "shape": list(grid["alignment"].shape),
        "window": [[float(low), float(high)] for low, high in window],
        "pieces": len(pieces), "samples": train.sizes["sample"], "eigenvalues": len(eigenvalues),
        "zeros": int(known.attrs["null_space_dimension"]),
        "unknown": int(known.attrs["not_computed"]) if samples is not None else -1,
        "classes": [class_label(label, [data]) for label in range(class_count(data))],
        "untraced": str(boundary.attrs["untraced"]),
    }  # fmt: skip
    packed = zlib.compress(b"".join(part.tobytes() for part in parts), 9)
    return RunMaps(experiment, seed, about, b64encode(packed).decode("ascii"))


def _pieces(grid: xr.Dataset, boundary: xr.Dataset) -> np.ndarray:
    """Return the boundary's pieces (piece, end, feature), from the grid where it is not traced."""
    if not boundary.attrs["untraced"]:
        return np.stack([boundary["start"].values, boundary["end"].values], axis=1)
    prediction = grid["prediction"].values
    across = _sides(prediction, grid["x"].values, grid["y"].values)
    return np.concatenate(
        [across, _sides(prediction.T, grid["y"].values, grid["x"].values)[..., ::-1]]
    )


def _sides(prediction: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the side between each two neighbours along x whose prediction(y, x) differs."""
    rows, columns = np.nonzero(prediction[:, 1:] != prediction[:, :-1])
    middle, half = (x[columns] + x[columns + 1]) / 2, (y[1] - y[0]) / 2
    ends = [np.stack([middle, y[rows] + side], axis=1) for side in (-half, half)]
    return np.stack(ends, axis=1)
