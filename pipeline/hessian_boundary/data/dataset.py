"""From generated samples to the dataset artifact: random labels and the split."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import xarray as xr

from hessian_boundary.artifacts.strings import string_array

# PAPER: the authors' code permutes labels with this state before it splits.
RANDOM_LABEL_STATE = 28
# PAPER: the authors' code splits with a torch generator of this seed.
SPLIT_SEED = 42
TEST_FRACTION = 0.2  # PAPER: of all samples, for every data set


def generate_samples(
    generator: str, parameters: Mapping[str, Any], data_folder: str | None = None
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Call `hessian_boundary.data.generators.<generator>.generate(**parameters)`.

    A generator that reads files also gets the `data_folder`. Returns x float32, y int64, whatever
    numbers they were, and what the generator says about its source (nothing, for most).

    Raises ValueError when they are no numbers, labels no whole ones, or not as many as samples.
    """
    generate = import_module(f"hessian_boundary.data.generators.{generator}").generate
    folder = {"data_folder": data_folder} if "data_folder" in signature(generate).parameters else {}
    x, y, *about = generate(**parameters, **folder)
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind not in "fiub" or y.dtype.kind not in "iub" or y.shape != x.shape[:1]:
        raise ValueError(
            f"expected numbers x (sample, …) and as many whole-number labels y (sample,) from the "
            f"generator {generator!r}, found {x.dtype} {x.shape} and {y.dtype} {y.shape}; return "
            "x, y.astype(int)"
        )
    return x.astype(np.float32), y.astype(np.int64), about[0] if about else {}


def build_dataset(
    x: np.ndarray,
    y: np.ndarray,
    *,
    train_fraction: float,
    random_label_groups: Sequence[Sequence[int]] = (),
    features: Sequence[str] = (),
    about: Mapping[str, Any] = MappingProxyType({}),
) -> xr.Dataset:
    """Assemble x, y, random labels and the split, in the order of generation.

    Returns a Dataset with x(sample, feature…) float32, y(sample) int64, y_random(sample) (all
    labels permuted), y_random_within(sample) where groups are given (labels permuted only among
    the samples of each group of classes), and split(sample): "train", "test" or "validation". The
    attributes are what `about` says.

    Raises ValueError when labels are not 0 … C−1 or a value of x is not finite.
    """
    classes = np.unique(y)
    if not np.array_equal(classes, np.arange(len(classes))):
        raise ValueError(
            f"expected labels 0 … C−1 with none left out, found {classes.tolist()}; renumber them"
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"expected finite features, found {int((~np.isfinite(x)).sum())} NaN or infinite "
            "values in `x`; clean the data first"
        )
    if x.ndim not in (2, 4):
        raise ValueError(
            "expected x with dimensions (sample, feature) or (sample, channel, row, column), found "
            f"shape {x.shape}; reshape it"
        )
    dims = ("sample", *{1: ("feature",), 3: ("channel", "row", "column")}[x.ndim - 1])
    variables = {
        "x": (dims, x, {"long_name": "input"}),
        "y": ("sample", y, {"long_name": "class label"}),
        "y_random": ("sample", random_labels(y), {"long_name": "label permuted over all samples"}),
        "split": ("sample", split(len(y), train_fraction), {"long_name": "use of the sample"}),
    }
    if random_label_groups:
        within = random_labels(y, random_label_groups)
        variables["y_random_within"] = (
            "sample",
            within,
            {"long_name": f"label permuted within the groups {list(random_label_groups)}"},
        )
    dataset = xr.Dataset(variables, coords={"sample": np.arange(len(y))}, attrs=dict(about))
    if features:
        names = string_array(features)
        dataset = dataset.assign_coords(feature=("feature", names))
    return dataset


def random_labels(y: np.ndarray, groups: Sequence[Sequence[int]] = ()) -> np.ndarray:
    """Permute the labels over all samples, or separately within each group of classes."""
    state = np.random.RandomState(RANDOM_LABEL_STATE)
    permuted = y.copy()
    for group in groups or [np.unique(y).tolist()]:
        members = np.flatnonzero(np.isin(y, group))
        permuted[members] = state.permutation(y[members])
    return permuted


def split(samples: int, train_fraction: float) -> np.ndarray:
    """Assign int(f·n) random samples to train, int(0.2·n) to test, the rest to validation."""
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(SPLIT_SEED)).numpy()
    train = int(train_fraction * samples)
    test = train + int(TEST_FRACTION * samples)
    assignment = np.empty(samples, dtype=np.dtypes.StringDType())
    assignment[order[:train]] = "train"
    assignment[order[train:test]] = "test"
    assignment[order[test:]] = "validation"
    return assignment


def samples_of(
    dataset: xr.Dataset, part: str, labels: str = "y"
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return x (n, feature…) float32 and labels (n,) int64 of one part of the split.

    Raises ValueError when the data set has no label variable of that name.
    """
    if labels not in dataset:
        known = [str(name) for name in dataset.data_vars if str(name).startswith("y")]
        raise ValueError(
            f"expected a label variable among {known}, found {labels!r}; change the experiment's "
            "`labels`, or give the data set `random_label_groups`"
        )
    chosen = np.flatnonzero(dataset["split"].values == part)
    return (
        torch.from_numpy(dataset["x"].values[chosen]),
        torch.from_numpy(dataset[labels].values[chosen]),
    )


def class_count(dataset: xr.Dataset) -> int:
    """Return the number of classes C."""
    return int(dataset["y"].max()) + 1
