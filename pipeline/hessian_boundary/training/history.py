"""Loss and accuracy of every epoch, read back from the device once in a while."""

import numpy as np
import torch
from torch import Tensor


class History:
    """Running values over the mini-batches of each epoch, before each update.

    loss, accuracy: (epoch,) float32, of the epochs that were closed.
    """

    def __init__(self, samples: int, batch_size: int) -> None:
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
