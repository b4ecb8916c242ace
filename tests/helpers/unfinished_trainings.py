"""Small trainings of several kinds, whole and in pieces."""

import sys
import types
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

KEY = "this training"
NAME = "drawing_and_normalising"
SETTINGS: dict[str, Any] = {
    "architecture": {"name": "mlp", "hidden": [6], "activation": "relu"}, "labels": "y",
    "start": "default", "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.05,
    "weight_decay": 0, "batch_size": 32, "epochs": 5, "presumes_fit": False,
}  # fmt: skip
NORMALISING = {"architecture": {"name": NAME, "drop": 0.0}}
DROPPING = {"architecture": {"name": NAME, "drop": 0.3}}
COSINE = {"learning_rate_schedule": {"name": "cosine", "per": "step", "warm_up": 4}}
CASES: dict[str, dict[str, Any]] = {
    "sgd": {"checkpoints": [0, 2]},
    "adam": {"optimizer": "adam", "weight_decay": 0.01},
    "normalising": NORMALISING | {"momentum": 0.9, "checkpoints": [1, 4]},
    "dropping": DROPPING | {"optimizer": "adamw"},
    "schedule": COSINE | {"momentum": 0.9, "nesterov": True, "accumulate_batches": 2},
    "one_cycle": {
        "learning_rate_schedule": {"name": "one_cycle"}, "label_smoothing": 0.1,
        "class_weights": "balanced",
    },
    "early_stopping": NORMALISING
    | {"early_stopping": {"patience": 2}, "learning_rate": 0.5, "epochs": 12},
    "long": {"epochs": 400},
}  # fmt: skip


def _build(input_shape: tuple[int, ...], classes: int, *, drop: float) -> nn.Module:
    parts = (nn.Linear(*input_shape, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(drop))
    return nn.Sequential(*parts, nn.Linear(8, classes))


_MODULE = types.ModuleType(f"hessian_boundary.networks.architectures.{NAME}")
_MODULE.build = _build  # type: ignore[attr-defined]
_MODULE.__file__ = f"architectures/{NAME}.py"


def _dataset() -> xr.Dataset:
    state = np.random.RandomState(0)
    y = np.arange(240) % 3
    x = (state.standard_normal((240, 2)) + 2 * np.eye(3)[y][:, :2]).astype(np.float32)
    return build_dataset(x, y, train_fraction=0.5)


def resumed(case: str, place: Path | str) -> xr.Dataset:
    """Train until the end, from the state at `place` if there is one."""
    return _run(case, UnfinishedWork(place, KEY))


@cache
def finished(case: str) -> xr.Dataset:
    """Train in one piece."""
    return _run(case, None)


def _run(case: str, unfinished: UnfinishedWork | None) -> xr.Dataset:
    sys.modules[_MODULE.__name__] = _MODULE
    options = TrainingOptions.of_settings(SETTINGS | CASES[case])
    device = torch.device("cpu")
    return run_training(
        _dataset(), None, options, name="a/b", seed=1, device=device, unfinished=unfinished
    )
