"""From samples to the dataset artifact: random labels and the split."""

from collections.abc import Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import xarray as xr

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.data.labels import class_number_advice

# PAPER: the authors' code permutes labels with this state before it splits.
RANDOM_LABEL_STATE = 28
# PAPER: the authors' code splits with a torch generator of this seed.
SPLIT_SEED = 42
TEST_FRACTION = 0.2  # PAPER: of all samples, for every data set


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
    attributes are what `about` says, but for its `class_names`, one for each class: they become
    class_name(class).

    Raises ValueError when labels are not 0 … C−1, there is one class only, a class or the whole
    training part has no sample, class names are not one for each, or a value of x is not finite.
    """
    classes = np.unique(y)
    if not np.array_equal(classes, np.arange(len(classes))):
        raise ValueError(class_number_advice(classes))
    if len(classes) < 2:
        raise ValueError(
            f"expected samples of at least two classes, found {len(y)} of one; a classifier needs "
            "something to tell apart"
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"expected finite features, found {int((~np.isfinite(x)).sum())} NaN or infinite "
            "values in `x`; clean the data first"
        )
    uses = split(len(y), train_fraction)
    _check_training_part(y[uses == "train"], len(classes), len(y), train_fraction)
    attributes = dict(about)
    names = attributes.pop("class_names", ())
    variables = {
        "x": (_dimensions(x), x, {"long_name": "input"}),
        "y": ("sample", y, {"long_name": "class label"}),
        "y_random": ("sample", random_labels(y), {"long_name": "label permuted over all samples"}),
        "split": ("sample", uses, {"long_name": "use of the sample"}),
    }
    if random_label_groups:
        within = random_labels(y, random_label_groups)
        variables["y_random_within"] = (
            "sample",
            within,
            {"long_name": f"label permuted within the groups {list(random_label_groups)}"},
        )
    if len(names):
        about_names = {"long_name": "name of the class"}
        variables["class_name"] = ("class", _checked_names(names, len(classes)), about_names)
    dataset = xr.Dataset(variables, coords={"sample": np.arange(len(y))}, attrs=attributes)
    if features:
        dataset = dataset.assign_coords(feature=("feature", string_array(features)))
    return dataset


def _dimensions(x: np.ndarray) -> tuple[str, ...]:
    names = {2: ("feature",), 4: ("channel", "row", "column")}.get(x.ndim)
    if names is None or not x.size:
        advice = {1: "return x[:, None]", 3: "return x[:, None]: one channel"}
        advice |= {2: "return at least one feature", 4: "return at least one pixel"}
        raise ValueError(
            "expected x with dimensions (sample, feature) or (sample, channel, row, column), found "
            f"shape {x.shape}; {advice.get(x.ndim, 'return x.reshape(len(x), -1)')}"
        )
    return ("sample", *names)


def _check_training_part(y: np.ndarray, classes: int, samples: int, train_fraction: float) -> None:
    if not len(y):
        raise ValueError(
            f"expected training samples, found none: train_fraction {train_fraction} of {samples} "
            f"is less than one; raise `train_fraction` to {ceil(1000 / samples) / 1000} at least"
        )
    missing = np.setdiff1d(np.arange(classes), y)
    if len(missing):
        raise ValueError(
            f"expected training samples of all {classes} classes, found none of class "
            f"{', '.join(map(str, missing.tolist()))} among {len(y)} of {samples} samples; raise "
            "`train_fraction`, add samples of it, or leave the class out"
        )


def _checked_names(names: Sequence[str], classes: int) -> np.ndarray:
    words = [str(name) for name in names]
    if isinstance(names, str) or len(words) != classes or len(set(words)) < classes:
        raise ValueError(
            f"expected a name of its own for each of {classes} classes, found class_names = "
            f"{names!r}; list them in the order of the labels"
        )
    return string_array(words)


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


def class_names(dataset: xr.Dataset) -> list[str]:
    """Return the classes' names, or "0", "1", … where the data set has none."""
    if "class_name" in dataset:
        return [str(name) for name in dataset["class_name"].values]
    return [str(label) for label in range(class_count(dataset))]
