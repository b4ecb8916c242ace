"""From gradients of mini-batches to updates of the parameters, by torch.optim."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hessian_boundary.training.optimisation.options import UpdateOptions
from hessian_boundary.training.optimisation.schedules import scheduler

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
}


class Update:
    """The updates of a training: `add` each mini-batch's gradient, `close_epoch` after each epoch.

    The gradient of an update is the mean over the samples of its mini-batches, each weighted as
    its loss weights it; the last ones of an epoch make one, however few they are.
    """

    def __init__(
        self, parameters: Sequence[Tensor], options: UpdateOptions, epochs: int, batches: int
    ) -> None:
        self._parameters, self._options = list(parameters), options
        self._batches = batches  # of an epoch
        self._added = 0
        self._weight: float | Tensor = 0.0
        self._sum: list[Tensor] = []
        self._optimizer = None if _is_plain(options) else _optimizer(self._parameters, options)
        self._scheduler = None
        if self._optimizer is not None:
            steps = -(-batches // options.accumulate_batches)
            self._scheduler = scheduler(options.schedule, self._optimizer, epochs, steps)

    @property
    def pending(self) -> bool:
        """Whether gradients were added that are in no update yet."""
        return bool(self._sum)

    def add(self, gradients: list[Tensor], weight: float | Tensor) -> None:
        """Take a mini-batch's mean gradient; `weight` is what its loss was divided by."""
        self._added += 1
        if self._options.accumulate_batches == 1:
            self._step(gradients)
            return
        self._weight += weight
        weighted = torch._foreach_mul(gradients, weight)
        if self._sum:
            torch._foreach_add_(self._sum, weighted)
        else:
            self._sum = list(weighted)
        last = self._added % self._batches == 0
        if last or self._added % self._batches % self._options.accumulate_batches == 0:
            self._step(list(torch._foreach_div(self._sum, self._weight)))
            self._weight, self._sum = 0.0, []

    def close_epoch(self) -> None:
        """Let a schedule go on that counts epochs."""
        if self._scheduler is not None and self._options.schedule.per == "epoch":
            self._scheduler.step()

    def state(self) -> dict[str, Any]:
        """Return all that later updates depend on; when nothing is `pending`."""
        parts = {"optimizer": self._optimizer, "scheduler": self._scheduler}
        kept = {name: part.state_dict() for name, part in parts.items() if part is not None}
        return {"added": self._added, **kept}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._added = state["added"]
        if self._optimizer is not None:
            self._optimizer.load_state_dict(state["optimizer"])
        if self._scheduler is not None:
            self._scheduler.load_state_dict(state["scheduler"])

    def _step(self, gradients: list[Tensor]) -> None:
        if self._optimizer is None:
            # the same numbers as torch.optim.SGD, at a third of its cost per step
            torch._foreach_add_(self._parameters, gradients, alpha=-self._options.learning_rate)
            return
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        if self._options.clip_gradient_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, self._options.clip_gradient_norm)
        self._optimizer.step()
        if self._scheduler is not None and self._options.schedule.per == "step":
            self._scheduler.step()


def _is_plain(options: UpdateOptions) -> bool:
    """Whether an update is −η times the gradient, and nothing else."""
    plain = UpdateOptions(
        "sgd", options.learning_rate, accumulate_batches=options.accumulate_batches
    )
    return options == plain


def _optimizer(parameters: list[Tensor], options: UpdateOptions) -> torch.optim.Optimizer:
    kind = OPTIMIZERS[options.optimizer]
    groups: list[dict[str, Any]] = [{"params": parameters}]
    if not options.decay_biases_and_norms:
        spared = [parameter for parameter in parameters if parameter.ndim < 2]
        decayed = [parameter for parameter in parameters if parameter.ndim >= 2]
        groups = [{"params": decayed}, {"params": spared, "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
    given: dict[str, Any] = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    if options.momentum:
        given |= {"momentum": options.momentum}
    if options.nesterov:
        given |= {"nesterov": True}
    known = set(inspect.signature(kind).parameters)
    if unknown := sorted(set(options.optimizer_options) - known):
        raise ValueError(
            f"expected optimizer_options that torch.optim.{kind.__name__} takes, found "
            f"{unknown[0]!r}; it takes {', '.join(sorted(known - {'params'}))}"
        )
    lists = options.optimizer_options.items()
    given |= {key: tuple(value) if isinstance(value, list) else value for key, value in lists}
    return kind(groups, **given)
