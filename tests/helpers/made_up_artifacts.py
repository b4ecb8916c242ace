"""Artifacts with made-up numbers, to draw figures from."""

import json

import numpy as np
import pandas as pd
import xarray as xr

from hessian_boundary.artifacts.strings import string_array

ABOUT = {"rank": 4, "null_space_dimension": 38, "not_computed": 0, "method": "dense"}
AXIS = np.linspace(-1, 1, 9)


def dataset(features: int = 2) -> xr.Dataset:
    """Six samples of three classes; the last is not trained on."""
    return xr.Dataset(
        {
            "x": (("sample", "feature"), np.linspace(-0.8, 0.8, 6 * features).reshape(6, features)),
            "y": ("sample", [0, 0, 1, 1, 2, 2]),
            "y_random": ("sample", [0, 1, 2, 0, 1, 2]),
            "split": ("sample", string_array(["train"] * 5 + ["test"])),
        }
    )


def grid(eigen: int = 3, dims: tuple[str, ...] = ("y", "x")) -> xr.Dataset:
    """Class 1 where x > 0.1, for one or two features; alignment 0.5 everywhere but one NaN."""
    shape = (len(AXIS),) * len(dims)
    x = np.broadcast_to(AXIS, shape)
    alignment = np.full((eigen, *shape), 0.5)
    alignment[:, *(0,) * len(dims)] = np.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", *dims), alignment),
            "scalar_product": (("eigen", *dims), alignment),
            "gradient_norm": (dims, np.ones(shape)),
            "logits": (("class", *dims), np.stack([np.zeros(shape), 2 * (x - 0.1)])),
            "prediction": (dims, (x > 0.1).astype(int)),
            "gradient": (("parameter", *dims), np.full((42, *shape), 42**-0.5)),
        },
        coords=dict.fromkeys(dims, AXIS) | {"eigenvalue": ("eigen", [3.0, 1, 0.2, 0.1][:eigen])},
        attrs=ABOUT | {"rank": min(4, eigen)},
    )


def samples(eigen: int = 4) -> xr.Dataset:
    """Five samples, of which the last has no direction."""
    alignment = np.linspace(-1, 1, eigen * 5).reshape(eigen, 5)
    alignment[:, 4] = np.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "scalar_product": (("eigen", "sample"), alignment),
            "random_alignment": (("direction", "sample"), np.zeros((5, 5))),
            "gradient_norm": ("sample", np.ones(5)),
            "resolved_share": ("sample", np.ones(5)),
            "label": ("sample", [0, 1, 0, 1, 1]),
            "prediction": ("sample", [0, 1, 0, 1, 1]),
        },
        coords={"eigenvalue": ("eigen", [3.0, 1.0, 0.2, -0.1][:eigen])},
        attrs=ABOUT,
    )


def spectrum(eigen: int = 4) -> xr.Dataset:
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.array([3.0, 1.0, 0.2, 0.1])[:eigen]),
            "eigenvectors": (("eigen", "parameter"), np.eye(42)[:eigen]),
            "residuals": ("eigen", np.zeros(eigen)),
        },
        attrs=ABOUT,
    )


def model() -> xr.Dataset:
    layers = ["0.weight"] * 10 + ["0.bias"] * 10 + ["2.weight"] * 20 + ["2.bias"] * 2
    return xr.Dataset(
        {
            "parameters": ("parameter", np.zeros(42)),
            "layer": ("parameter", string_array(layers)),
            "loss": ("epoch", np.zeros(1)),
            "accuracy": ("epoch", np.ones(1)),
        },
        attrs={"architecture": json.dumps({"hidden": [10]}), "input_shape": [1], "classes": 2},
    )


def embedding() -> xr.Dataset:
    points = np.arange(10.0).reshape(5, 2)
    return xr.Dataset({"embedding": (("sample", "coordinate"), points)})


def directions() -> xr.Dataset:
    """Four kinds of three directions; alignment 0.5, and 0.01 with the random ones."""
    one = grid().rename(eigen="index").drop_vars(["eigenvalue", "scalar_product"])
    sizes = xr.DataArray([0.5, 0.01, 0.01, 0.01], dims="kind")
    samples_part = xr.DataArray(np.zeros((4, 3, 5)), dims=("kind", "index", "sample"))
    kinds = ["top", "bottom", "random eigenvector", "random direction"]
    return xr.Dataset(
        {
            "alignment": sizes * xr.ones_like(one["alignment"]),
            "sample_alignment": samples_part,
            "logits": one["logits"],
        },
        coords={"kind": string_array(kinds), "index": [1, 2, 3]},
    )


def margin() -> xr.Dataset:
    points = {"x_boundary": [0.1, 0.0], "x_max": [0.5, 0.0], "x_min": [-0.5, 0.0]}
    return xr.Dataset(
        {name: ("feature", np.array(point)) for name, point in points.items()},
        attrs={"margin": 0.4, "squared_cosine": 0.99},
    )


def decision_boundary() -> xr.Dataset:
    """The line x = 0.1, from bottom to top."""
    return xr.Dataset(
        {
            "start": (("piece", "feature"), [[0.1, -1.0]]),
            "end": (("piece", "feature"), [[0.1, 1.0]]),
            "classes": (("piece", "side"), [[0, 1]]),
            "part": ("piece", [0]),
            "distance": ("sample", np.array([0.9, 0.3])),
            "nearest": (("sample", "feature"), np.array([[0.1, -0.8], [0.1, -0.4]])),
        },
        attrs={"pieces": 1, "untraced": ""},
    )


def measures(shift: float = 0.0, seeds: int = 2) -> pd.DataFrame:
    """Of each seed: rank = seed + 1 + shift, and trace, ten times that."""
    rows = [
        (seed, measure, factor * (seed + 1 + shift))
        for seed in range(seeds)
        for measure, factor in (("rank", 1.0), ("trace", 10.0))
    ]
    return pd.DataFrame(rows, columns=["seed", "measure", "value"])


def features_of(points: xr.Dataset) -> xr.Dataset:
    return points.assign_coords(feature=string_array(["width", "length"]))


EVERY_KIND = {
    "dataset": dataset,
    "model": model,
    "spectrum": spectrum,
    "alignment_samples": samples,
    "alignment_grid": grid,
    "alignment_directions": directions,
    "embedding": embedding,
    "margin": margin,
    "decision_boundary": decision_boundary,
}
