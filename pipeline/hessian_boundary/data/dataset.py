"""From samples to the dataset artifact: random labels, and what each sample is used for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import xarray as xr

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.data.labels import class_number_advice
from hessian_boundary.data.splitting import TEST_FRACTION, TRAIN_FRACTION, Split

# PAPER: the authors' code permutes labels with this state before it splits.
RANDOM_LABEL_STATE = 28


def build_dataset(
    x: np.ndarray,
    y: np.ndarray,
    *,
    train_fraction: float = TRAIN_FRACTION,
    test_fraction: float = TEST_FRACTION,
    stratify: bool = False,
    split: Mapping[str, np.ndarray] | None = None,
    random_label_groups: Sequence[Sequence[int]] = (),
    features: Sequence[str] = (),
    about: Mapping[str, Any] = MappingProxyType({}),
) -> xr.Dataset:
    """Assemble x, y, random labels and the split, in the order of generation.

    The split is drawn (`splitting.Split`), or the user's: `split`, the indices of each part, or
    `about["split"]`, a word for each sample. Samples in no part are left out; the others keep their
    numbers, the coordinate `sample`.

    Returns a Dataset with x(sample, feature…) float32, y(sample) int64, y_random(sample) (all
    labels permuted), y_random_within(sample) where groups are given (labels permuted only among
    the samples of each group of classes), and split(sample): "train", "test" or "validation". The
    attributes are what `about` says, but for its `class_names`, one for each class, which become
    class_name(class), its `split`, and its `features`, names for where `features` has none.

    Raises ValueError when labels are not 0 … C−1, there is one class only, a class or the whole
    training part has no sample, names are not one for each class or feature, a value of x is not
    finite, or the user's split is none.
    """
    attributes = dict(about)
    names, own_features = attributes.pop("class_names", ()), attributes.pop("features", ())
    features = features or own_features
    division = Split(train_fraction, test_fraction, stratify, split, attributes.pop("split", None))
    uses = division.parts(y)
    used = np.flatnonzero(uses != "")
    x, y, uses = x[used], y[used], uses[used]
    _check_samples(x, y)
    division.check_training_part(y[uses == "train"], int(y.max()) + 1, len(y))
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
        variables["class_name"] = ("class", _checked_names(names, int(y.max()) + 1), about_names)
    dataset = xr.Dataset(variables, coords={"sample": used}, attrs=attributes)
    if len(features):
        dataset = dataset.assign_coords(feature=("feature", _feature_names(features, x)))
    return dataset


def _check_samples(x: np.ndarray, y: np.ndarray) -> None:
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


def _feature_names(names: Sequence[str], x: np.ndarray) -> np.ndarray:
    if x.ndim != 2 or len(names) != x.shape[1] or isinstance(names, str):
        raise ValueError(
            f"expected a name for each feature of x {x.shape}, found {len(names)} names; list as "
            "many as x has columns, and none for images"
        )
    return string_array([str(name) for name in names])


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
