"""Early stopping: the parameters with the smallest loss on samples that are not trained on."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.evaluation import evaluating
from hessian_boundary.networks.parameters import (
    buffer_vector,
    load_buffer_vector,
    load_parameter_vector,
    parameter_vector,
)

BATCH = 1024


class EarlyStopping:
    """Ends a training whose validation loss has had no new minimum for `patience` epochs.

    The loss is that which is trained, of all validation samples x (n, feature…), y (n,), in eval
    mode after each epoch. `loss`: (epoch,) float64; `best_epoch` counts from 1, 0 is none.
    """

    def __init__(self, x: Tensor, y: Tensor, patience: int) -> None:
        self._x, self._y, self._patience = x, y, patience
        self.best_epoch, self._smallest = 0, math.inf
        self._losses: list[float] = []
        self._best: dict[str, Tensor] = {}

    @property
    def loss(self) -> np.ndarray:
        """The validation loss after each epoch."""
        return np.array(self._losses)

    def stops(self, module: nn.Module, loss: Loss) -> bool:
        """Take the validation loss after one more epoch, and tell whether it was the last."""
        with evaluating(module):
            logits = torch.cat([module(part) for part in self._x.split(BATCH)])
            value = float(loss(logits, self._y))
        self._losses.append(value)
        if value < self._smallest:
            self._smallest, self.best_epoch = value, len(self._losses)
            self._best = {"parameters": parameter_vector(module), "buffers": buffer_vector(module)}
        return len(self._losses) - self.best_epoch >= self._patience

    def restore(self, module: nn.Module) -> None:
        """Put the best parameters and their buffers into the network, if any loss was a number."""
        if self._best:
            load_parameter_vector(module, self._best["parameters"])
            load_buffer_vector(module, self._best["buffers"])

    def state(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "losses": torch.from_numpy(self.loss),
            "smallest": self._smallest,
            "best_epoch": self.best_epoch,
            "best": self._best,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._losses, self._smallest = state["losses"].tolist(), state["smallest"]
        self.best_epoch, self._best = state["best_epoch"], state["best"]
