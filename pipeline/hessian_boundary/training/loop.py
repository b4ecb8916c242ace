"""Mini-batch training: one seed of one experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.evaluation import accuracy, evaluating
from hessian_boundary.networks.parameters import parameter_vector, trainable_parameters
from hessian_boundary.runtime.progress import Progress
from hessian_boundary.runtime.seeds import random_states, set_random_states
from hessian_boundary.training.checkpoints import Checkpoints
from hessian_boundary.training.early_stopping import EarlyStopping
from hessian_boundary.training.gradient_step import explain_single_sample, gradient_step
from hessian_boundary.training.history import History, Training
from hessian_boundary.training.memory_layout import in_fast_layout
from hessian_boundary.training.optimisation.options import UpdateOptions
from hessian_boundary.training.optimisation.update import Update
from hessian_boundary.training.unfinished.saving import Saver, saving

# Losses are read back, and divergence and fits looked at, once per this many epochs.
EPOCHS_PER_CHECK = 100


def train(
    module: nn.Module,
    x: Tensor,
    y: Tensor,
    loss: Loss,
    *,
    update: UpdateOptions,
    batch_size: int,
    epochs: int,
    shuffle_seed: int,
    checkpoints: Sequence[int] = (),
    stop_when_fitted: bool = False,
    early_stopping: EarlyStopping | None = None,
    weight_of: Callable[[Tensor], float | Tensor] = len,
    unfinished: UnfinishedWork | None = None,
) -> Training:
    """Train `module` in place on x (n, feature…), y (n,).

    Mini-batches are reshuffled each epoch and the last short one is kept. With
    `stop_when_fitted` training ends at the first check (every 100 epochs) at which all training
    samples are classified correctly; `early_stopping` takes its validation loss after each epoch,
    and its best parameters at the end. `weight_of` the labels of a mini-batch is what the mean
    `loss` divides by. The order of the samples comes from `shuffle_seed` only.

    A training goes on from the state in `unfinished`, and writes its own there now and then.

    Raises ValueError when a layer cannot normalise the single sample of a short mini-batch.
    """
    x = in_fast_layout(module, x)
    parameters = [parameter.detach() for parameter in trainable_parameters(module)]
    batches = len(torch.arange(len(y)).split(batch_size))
    run = _Run(
        module=module,
        data=(x, y),
        loss=loss,
        update=Update(parameters, update, epochs, batches),
        history=History(len(y), batch_size, x.device),
        kept=Checkpoints(module, checkpoints),
        early_stopping=early_stopping,
        generator=torch.Generator().manual_seed(shuffle_seed),
        batch_size=batch_size,
        weight_of=weight_of,
    )
    with saving(unfinished) as saver:
        if (state := saver.load()) is not None:
            run.load(state)
            saver.say(f"in epoch {run.epoch}")
        run.until(epochs, stop_when_fitted, saver)
    if early_stopping is not None:
        early_stopping.restore(module)
    return run.result()


@dataclass
class _Run:
    """A training at a moment: in `epoch`, of which `done` mini-batches are behind it."""

    module: nn.Module
    data: tuple[Tensor, Tensor]
    loss: Loss
    update: Update
    history: History
    kept: Checkpoints
    early_stopping: EarlyStopping | None
    generator: torch.Generator
    batch_size: int
    weight_of: Callable[[Tensor], float | Tensor]
    epoch: int = 1
    done: int = 0

    def until(self, epochs: int, stop_when_fitted: bool, saver: Saver) -> None:
        """Go on for as many epochs as are left, or to an early end."""
        progress = Progress("training: epoch", epochs)
        step = gradient_step(self.module, self.loss)
        own = [parameter.detach() for parameter in trainable_parameters(self.module)]
        while self.epoch <= epochs:
            self._pass_over(lambda x, y: step(own, x, y), saver)
            self.update.close_epoch()
            self.kept.save(self.epoch)
            stops = self.early_stopping is not None and self.early_stopping.stops(
                self.module, self.loss
            )
            if stops or self.epoch % EPOCHS_PER_CHECK == 0 or self.epoch == epochs:
                self.history.close()
                progress.update(self.epoch, f"loss {self.history.loss[-1]:.3g}")
                finite = np.isfinite(self.history.loss).all()
                if stops or not finite or (stop_when_fitted and _fits(self.module, *self.data)):
                    return
            self.epoch, self.done = self.epoch + 1, 0
            if saver.due():
                saver.save(self.state, f"after epoch {self.epoch - 1} of {epochs}")

    def _pass_over(
        self, step: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, list[Tensor]]], saver: Saver
    ) -> None:
        """Train on the mini-batches of one epoch that are left."""
        x, y = self.data
        self._before_order = self.generator.get_state()
        order = torch.randperm(len(y), generator=self.generator).to(x.device)
        batches = order.split(self.batch_size)
        for batch in batches[self.done :]:
            labels = y[batch]
            try:
                value, hits, gradients = step(x[batch], labels)
            except ValueError as error:
                explain_single_sample(error, len(batch), len(y), self.batch_size)
                raise
            self.update.add(gradients, self.weight_of(labels))
            self.history.add(value, hits)
            self.done += 1
            if self.done < len(batches) and saver.due() and not self.update.pending:
                saver.save(self.state, f"in epoch {self.epoch}")

    def state(self) -> dict[str, Any]:
        """Return all that the rest of the training depends on."""
        within = self.done > 0
        return {
            "epoch": self.epoch,
            "done": self.done,
            "parameters": [parameter.detach() for parameter in trainable_parameters(self.module)],
            "buffers": list(self.module.buffers()),
            "generator": self._before_order if within else self.generator.get_state(),
            "random": random_states(self.data[0].device),
            "parts": [part.state() for part in self._parts()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.epoch, self.done = state["epoch"], state["done"]
        own = [parameter.detach() for parameter in trainable_parameters(self.module)]
        for tensor, value in zip(own, state["parameters"], strict=True):
            tensor.copy_(value)
        for tensor, value in zip(self.module.buffers(), state["buffers"], strict=True):
            tensor.copy_(value)
        self.generator.set_state(state["generator"])
        for part, kept in zip(self._parts(), state["parts"], strict=True):
            part.load(kept)
        set_random_states(state["random"], self.data[0].device)

    def _parts(self) -> list[Any]:
        parts = [self.update, self.history, self.kept, self.early_stopping]
        return [part for part in parts if part is not None]

    def result(self) -> Training:
        """Return what the training did."""
        stopping, loss = self.early_stopping, self.history.loss
        restored = stopping is not None and stopping.best_epoch > 0
        finite = restored or bool(np.isfinite(loss).all())
        finite = finite and bool(parameter_vector(self.module).isfinite().all())
        return Training(
            loss,
            self.history.accuracy,
            not finite,
            self.kept.parameters,
            self.kept.buffers,
            stopping.loss if stopping else None,
            stopping.best_epoch if stopping else None,
        )


def _fits(module: nn.Module, x: Tensor, y: Tensor) -> bool:
    """Whether all labels are predicted in eval mode; the mode is put back."""
    with evaluating(module):
        return accuracy(module, x, y) == 1
