"""Data draws: what the models of a sweep are trained and tested on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.data.dataset import build_dataset, class_count, class_names
from hessian_boundary.data.fresh_samples import can_draw, fresh_samples
from hessian_boundary.data.generating import GENERATORS
from hessian_boundary.runtime.own_code import full_name, own_function
from hessian_boundary.runtime.seeds import derive_seed

TESTED_ON = 100_000  # fresh samples: an error of 1 % has a binomial deviation of 0.03 %


@dataclass(frozen=True)
class DataDraw:
    """Samples in random order to train on, the first n of them, and others to test on."""

    x: np.ndarray  # (largest training size, feature…)
    y: np.ndarray
    test: tuple[tuple[Tensor, Tensor], ...]  # parts, one after the other
    classes: int
    name: str  # of data set and draw, for seeds


def data_draw(
    dataset: xr.Dataset,
    name: str,
    generator: str,
    parameters: Mapping[str, Any],
    *,
    draw: int,
    largest: int,
) -> DataDraw:
    """Return one data draw of a data set, with `largest` samples to train on.

    Where the generator can draw, they are fresh, and models are tested on 100,000 further samples
    of the same distribution. Else both are parts of a random division of the data set's samples.

    Raises ValueError for a data set with too few samples.
    """
    label = f"{name}/draw{draw}"
    seed, classes = derive_seed("data draw", label), class_count(dataset)
    if can_draw(generator):
        function, _ = own_function(full_name(GENERATORS, generator), "draw")
        x, y = function(largest, seed, **parameters)
        order = np.random.default_rng(seed).permutation(largest)  # a generator may sort by class
        parts = fresh_samples(generator, parameters, dataset["x"].values, class_names(dataset))
        return DataDraw(x[order], y[order], tuple(_enough(parts)), classes, label)
    x, y = dataset["x"].values, dataset["y"].values
    if len(y) <= largest:
        raise ValueError(
            f"expected more than {largest} samples of {name}, to test on the rest, found {len(y)}; "
            "lower the largest `training_size` among `generalisation.knobs` in config.yaml"
        )
    order = np.random.default_rng(seed).permutation(len(y))
    train, test = order[:largest], order[largest:]
    rest = (torch.from_numpy(x[test]), torch.from_numpy(y[test]))
    return DataDraw(x[train], y[train], (rest,), classes, label)


def _enough(parts: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[Tensor, Tensor]]:
    found = 0
    for x, y in parts:
        yield torch.from_numpy(x), torch.from_numpy(y)
        found += len(y)
        if found >= TESTED_ON:
            return


def training_set(draw: DataDraw, size: int, label_noise: float) -> xr.Dataset:
    """Return the first `size` samples as a data set that all is trained on.

    Of the labels the share `label_noise`, rounded down, is replaced by another class, at random;
    those of a smaller share are among those of a larger one. y holds what is trained on.

    Raises ValueError where a class is missing or `size` exceeds what was drawn.
    """
    if size > len(draw.y):
        raise ValueError(
            f"expected a training size of at most {len(draw.y)} in {draw.name}, found {size}; draw "
            "as many as the largest one"
        )
    state = np.random.default_rng(derive_seed("label noise", draw.name, size))
    y = draw.y[:size].copy()
    wrong = state.permutation(size)[: int(label_noise * size + 1e-9)]  # 0.29 · 100 is less than 29
    shifts = state.integers(1, draw.classes, size=size)
    y[wrong] = (y[wrong] + shifts[wrong]) % draw.classes
    return build_dataset(draw.x[:size], y, train_fraction=1.0, test_fraction=0.0)
