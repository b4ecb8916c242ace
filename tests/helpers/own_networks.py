"""Networks of one's own, trained as a job trains them: an architecture is any function."""

import sys
import types
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

CPU = torch.device("cpu")
SETTINGS = {
    "architecture": {"name": "mine"}, "labels": "y", "start": "default", "loss": "cross_entropy",
    "optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0, "batch_size": 8, "epochs": 4,
    "stop_when_fitted": False, "presumes_fit": False,
}  # fmt: skip
X = torch.tensor([[0.3, -1.0], [2.0, 0.5], [-0.7, 0.1], [1.0, 1.5]])  # samples to look with


def blobs(samples: int = 60, classes: int = 3, train_fraction: float = 0.5) -> xr.Dataset:
    """Return clusters in the plane, a class each."""
    y = np.arange(samples) % classes
    x = np.random.RandomState(3).standard_normal((samples, 2)) + 2 * np.eye(classes)[y][:, :2]
    return build_dataset(x.astype(np.float32), y, train_fraction=train_fraction)


def register(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., Any] | Any, name: str = "mine"
) -> None:
    """Let `build` be the architecture `name`."""
    module = types.ModuleType(f"hessian_boundary.networks.architectures.{name}")
    module.build = build  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def trained(
    dataset: xr.Dataset,
    *,
    start: xr.Dataset | dict[str, Any] | None = None,
    state_dict: dict[str, Any] | None = None,
    seed: int = 0,
    **changes: Any,
) -> xr.Dataset:
    """Train the architecture `mine` on it and return the model artifact.

    It begins at the model `start`, if that is one; `state_dict` is the content of a file that the
    setting `start` names.
    """
    begin = {}
    if start is not None:
        model = isinstance(start, xr.Dataset)
        begin = {"start": {"parameters_of": "own/normal"} if model else start}
    settings = {**SETTINGS, **begin, **changes}
    return run_training(
        dataset,
        start if isinstance(start, xr.Dataset) else None,
        TrainingOptions.of_settings(settings),
        name="own/normal",
        seed=seed,
        device=CPU,
        state_dict=state_dict,
    )


def training_part(dataset: xr.Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """Return x and y of the training samples, read without the project's own function."""
    rows = np.flatnonzero(dataset["split"].values == "train")
    return torch.from_numpy(dataset["x"].values[rows]), torch.from_numpy(dataset["y"].values[rows])


def layers(*widths: int) -> nn.Sequential:
    """Return dense layers with tanh between them."""
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*parts[:-1])
