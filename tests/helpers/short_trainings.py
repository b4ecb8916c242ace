"""Short trainings of a small network on three clusters, with any options."""

from typing import Any

import numpy as np
import torch

from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

SETTINGS: dict[str, Any] = {
    "architecture": {"name": "mlp", "hidden": [6], "activation": "relu"}, "labels": "y",
    "start": "default", "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.05,
    "weight_decay": 0, "batch_size": 32, "epochs": 3, "presumes_fit": False,
}  # fmt: skip
CPU = torch.device("cpu")


def dataset(train_fraction: float = 0.5):
    state = np.random.RandomState(0)
    y = np.arange(90) % 3
    x = (state.standard_normal((90, 2)) + 2 * np.eye(3)[y][:, :2]).astype(np.float32)
    return build_dataset(x, y, train_fraction=train_fraction)


def run(data=None, **changes: Any):
    options = TrainingOptions.of_settings(SETTINGS | changes)
    data = dataset() if data is None else data
    return run_training(data, None, options, name="a/b", seed=1, device=CPU)
