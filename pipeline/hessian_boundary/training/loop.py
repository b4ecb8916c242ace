"""Mini-batch training: one seed of one experiment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.networks.evaluation import accuracy, evaluating
from hessian_boundary.networks.losses import Loss
from hessian_boundary.networks.parameters import (
    buffer_vector,
    parameter_vector,
    trainable_parameters,
)
from hessian_boundary.runtime.progress import Progress
from hessian_boundary.training.gradient_step import gradient_step
from hessian_boundary.training.history import History
from hessian_boundary.training.memory_layout import in_fast_layout

# Losses are read back, and divergence and early stopping looked at, once per this many epochs.
EPOCHS_PER_CHECK = 100

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


@dataclass(frozen=True)
class Training:
    """What a training did. Histories are running values over each epoch's mini-batches."""

    loss: np.ndarray  # (epoch,) float32, mean over the samples of the epoch
    accuracy: np.ndarray  # (epoch,) float32, before each update, in [0, 1]
    diverged: bool  # the loss or a parameter became NaN or infinite, and training ended there
    checkpoints: dict[int, Tensor] = field(default_factory=dict)  # epoch -> (p,)
    checkpoint_buffers: dict[int, Tensor] = field(default_factory=dict)  # epoch -> (buffer,)


def train(
    module: nn.Module,
    x: Tensor,
    y: Tensor,
    loss: Loss,
    *,
    optimizer: str,
    learning_rate: float,
    weight_decay: float,
    batch_size: int,
    epochs: int,
    shuffle_seed: int,
    checkpoints: Sequence[int] = (),
    stop_when_fitted: bool = False,
) -> Training:
    """Train `module` in place on x (n, feature…), y (n,).

    Mini-batches are reshuffled each epoch and the last short one is kept. With
    `stop_when_fitted` training ends at the first check (every 100 epochs) at which all training
    samples are classified correctly. Draws come from `shuffle_seed` only.

    Raises ValueError when a layer cannot normalise the single sample of a short mini-batch.
    """
    x = in_fast_layout(module, x)
    generator = torch.Generator().manual_seed(shuffle_seed)
    parameters = [parameter.detach() for parameter in trainable_parameters(module)]
    step = gradient_step(module, loss)
    update = _update_rule(optimizer, parameters, learning_rate, weight_decay)
    history, kept = History(len(y), batch_size), Checkpoints(module, checkpoints)
    progress = Progress("training: epoch", epochs)

    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(y), generator=generator).to(x.device)
        for batch in order.split(batch_size):
            try:
                value, hits, gradients = step(parameters, x[batch], y[batch])
            except ValueError as error:
                _explain_single_sample(error, len(batch), len(y), batch_size)
                raise
            update(gradients)
            history.add(value, hits)
        kept.save(epoch)
        if epoch % EPOCHS_PER_CHECK == 0 or epoch == epochs:
            history.close()
            progress.update(epoch, f"loss {history.loss[-1]:.3g}")
            if not np.isfinite(history.loss).all() or (stop_when_fitted and _fits(module, x, y)):
                break
    finite = np.isfinite(history.loss).all() and parameter_vector(module).isfinite().all()
    return Training(history.loss, history.accuracy, not finite, kept.parameters, kept.buffers)


class Checkpoints:
    """Parameters and buffers after chosen epochs; 0 is the start, which is kept at once."""

    def __init__(self, module: nn.Module, epochs: Sequence[int]) -> None:
        self._module, self._epochs = module, set(epochs)
        self.parameters: dict[int, Tensor] = {}
        self.buffers: dict[int, Tensor] = {}
        self.save(0)

    def save(self, epoch: int) -> None:
        """Keep what the network has now, if the epoch is one of those asked for."""
        if epoch in self._epochs:
            self.parameters[epoch] = parameter_vector(self._module)
            self.buffers[epoch] = buffer_vector(self._module)


def _fits(module: nn.Module, x: Tensor, y: Tensor) -> bool:
    """Whether all labels are predicted in eval mode; the mode is put back."""
    with evaluating(module):
        return accuracy(module, x, y) == 1


def _explain_single_sample(error: ValueError, batch: int, samples: int, batch_size: int) -> None:
    """Raise ValueError in words where normalisation finds no variance in a single sample."""
    if batch == 1 and "more than 1" in str(error):
        raise ValueError(
            "expected at least two samples in each mini-batch for a network with batch "
            f"normalisation, found {samples} training samples in mini-batches of {batch_size}, "
            "which leaves one with a single sample; change `batch_size`, or `train_fraction`, or "
            "normalise otherwise"
        ) from error


def _update_rule(
    optimizer: str, parameters: list[Tensor], learning_rate: float, weight_decay: float
) -> Callable[[Iterable[Tensor]], None]:
    if optimizer == "sgd" and weight_decay == 0:
        # the same numbers as torch.optim.SGD, at a third of its cost per step

        def descend(gradients: Iterable[Tensor]) -> None:
            torch._foreach_add_(parameters, list(gradients), alpha=-learning_rate)

        return descend
    rule = OPTIMIZERS[optimizer](parameters, lr=learning_rate, weight_decay=weight_decay)  # type: ignore[call-arg]

    def update(gradients: Iterable[Tensor]) -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        rule.step()

    return update
