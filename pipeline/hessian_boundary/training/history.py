"""What a training did: loss and accuracy of every epoch, read back once in a while."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Training:
    """What a training did. Histories are running values over each epoch's mini-batches."""

    loss: np.ndarray  # (epoch,) float32, mean over the samples of the epoch
    accuracy: np.ndarray  # (epoch,) float32, before each update, in [0, 1]
    diverged: bool  # the loss or a parameter became NaN or infinite, and training ended there
    checkpoints: dict[int, Tensor] = field(default_factory=dict)  # epoch -> (p,)
    checkpoint_buffers: dict[int, Tensor] = field(default_factory=dict)  # epoch -> (buffer,)
    validation_loss: np.ndarray | None = None  # (epoch,) float64, of early stopping
    best_epoch: int | None = None  # whose parameters early stopping took


class History:
    """Running values over the mini-batches of each epoch, before each update.

    loss, accuracy: (epoch,) float32, of the epochs that were closed.
    """

    def __init__(self, samples: int, batch_size: int, device: torch.device) -> None:
        self._device = device
        batches = torch.arange(samples).split(batch_size)
        self._sizes = np.array([len(batch) for batch in batches])
        self._losses: list[Tensor] = []
        self._correct: list[Tensor] = []
        self.loss = np.empty(0, np.float32)
        self.accuracy = np.empty(0, np.float32)

    def add(self, loss: Tensor, correct: Tensor) -> None:
        """Keep the mean loss and the number of correct predictions of a mini-batch, unread."""
        self._losses.append(loss)
        self._correct.append(correct)

    def close(self) -> None:
        """Read back what was added since: whole epochs."""
        sizes = self._sizes
        per_batch = torch.stack(self._losses).cpu().double().numpy().reshape(-1, len(sizes))
        hits = torch.stack(self._correct).cpu().numpy().reshape(-1, len(sizes))
        loss = (per_batch @ sizes / sizes.sum()).astype(np.float32)
        accuracy = (hits.sum(1) / sizes.sum()).astype(np.float32)
        self.loss = np.concatenate([self.loss, loss])
        self.accuracy = np.concatenate([self.accuracy, accuracy])
        self._losses, self._correct = [], []

    def state(self) -> dict[str, Any]:
        """Return everything, what was not read back included."""
        closed = {"loss": torch.from_numpy(self.loss), "accuracy": torch.from_numpy(self.accuracy)}
        open_ = {"losses": self._losses, "correct": self._correct}
        return closed | {name: torch.stack(values) for name, values in open_.items() if values}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.loss, self.accuracy = state["loss"].numpy(), state["accuracy"].numpy()
        none = torch.empty(0)
        self._losses = list(state.get("losses", none).to(self._device).unbind())
        self._correct = list(state.get("correct", none).to(self._device).unbind())
