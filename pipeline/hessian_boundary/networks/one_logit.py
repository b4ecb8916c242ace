"""Binary classifiers of one output: as a network of two logits, with a loss that fits."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.losses.recognised import (
    by_values,
    examples,
    is_cross_entropy,
    is_known,
    on_cpu,
    recognised,
)
from hessian_boundary.runtime.device import is_out_of_memory

# what only gives a tensor another shape, in the graph of an output
RESHAPING = ("View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Select", "Slice", "Permute",
             "TBackward", "Transpose")  # fmt: skip


class TwoLogits(nn.Module):
    """The logits (0, f) of a binary network that gives one, f: the same loss and boundary.

    The cross-entropy of (0, f) is log(1 + exp(f)) − y f, that of a sigmoid of f.
    """

    network: nn.Module

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (n, 2) for inputs x (n, feature…)."""
        one: Any = self.network(x)
        one = one.reshape(len(x), 1)
        return torch.cat([torch.zeros_like(one), one], dim=1)


@dataclass(frozen=True)
class LossOfOne:
    """A function of a network's one output and labels 0 and 1, as one of the logits (0, f)."""

    loss: Loss
    column: bool  # whether it takes f as (n, 1), or as (n,)
    as_f: bool = False  # whether labels are to be real numbers of the shape of f

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss (n,) of logits (n, 2) and labels (n,)."""
        one = logits[:, 1:] if self.column else logits[:, 1]
        if not self.as_f:
            return self.loss(one, labels)
        return self.loss(one, labels.to(one).reshape(one.shape)).reshape(len(labels))


def is_one_logit(output: Any, samples: int) -> bool:
    """Tell whether a network's output is one number for each of so many samples."""
    return isinstance(output, Tensor) and tuple(output.shape) in ((samples,), (samples, 1))


def loss_of_two_logits(loss: Loss, output: Tensor) -> Loss:
    """Return the loss of (0, f) that `loss` is of a network's output f, (n, 1) or (n,).

    A cross-entropy of two logits is taken as it is. Any other function is one of f, if it can be:
    with whole-number labels (n,), else with real ones of f's shape, as binary_cross_entropy_with_
    logits and BCEWithLogitsLoss(reduction="none") take them.

    Raises ValueError for the squared error, whose target of one output is not known, and for a
    loss whose boundary is not at f = 0.
    """
    known = recognised(loss, 2)
    if is_cross_entropy(known):
        return known
    if is_known(loss):
        raise ValueError(
            "expected a logit per class for the squared error, found a network of one output; give "
            "the loss as a function of that output, f (n, 1) or (n,), and labels (n,), with the "
            "boundary at f = 0, such as (f − (2 y − 1))²"
        )
    of_one = _of_one(loss, output)
    if of_one is None:
        return loss
    trial = replace(of_one, loss=on_cpu(loss))
    logits, labels = examples(2)
    same = by_values(trial, logits - logits[:, :1], labels)  # the binary cross-entropy, mostly
    if same is not None and is_cross_entropy(same):
        return same
    _check_boundary_at_zero(trial, output.dtype)
    return of_one


def _of_one(loss: Loss, output: Tensor) -> LossOfOne | None:
    """Return a function as one of f; None for one of two logits, or of neither."""
    column, local = output.ndim == 2, on_cpu(loss)  # on the CPU, as `examples` says
    if _fits(LossOfOne(local, column), output.dtype):
        return LossOfOne(loss, column)
    if not _fits(local, output.dtype) and _fits(LossOfOne(local, column, True), output.dtype):
        return LossOfOne(loss, column, True)
    return None


def _fits(loss: Loss, dtype: torch.dtype) -> bool:
    """Tell whether a function gives a value per sample for logits (3, 2) and labels (3,)."""
    logits = torch.zeros(3, 2, dtype=dtype)
    logits[:, 1] = torch.tensor([0.25, 0.5, 0.75])  # which may be probabilities
    try:
        return tuple(loss(logits, torch.tensor([0, 1, 0])).shape) == (3,)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        return False


def _check_boundary_at_zero(of_one: LossOfOne, dtype: torch.dtype) -> None:
    """Refuse a loss of a probability, or of an output that is near its label 0 or 1.

    A loss of a logit has a value anywhere. At f = 0 it falls towards the side of the label.
    """
    logits = torch.zeros(6, 2, dtype=dtype)
    logits[:, 1] = torch.tensor([-3, 0, 3]).repeat_interleave(2)
    labels = torch.arange(2).repeat(3)
    try:
        with torch.enable_grad():
            values = of_one(logits.requires_grad_(), labels)
            (slopes,) = torch.autograd.grad(values.sum(), logits)
        of_0, of_1 = slopes[2:4, 1].tolist()
        fits = bool(values.isfinite().all()) and of_0 > 0 > of_1
    except Exception as error:  # binary_cross_entropy refuses what is no probability
        if is_out_of_memory(error):
            raise
        fits = False
    if not fits:
        raise ValueError(
            "expected a loss of the logit f of a network of one output, whose decision boundary is "
            "at f = 0, found one that at f = 0 does not fall towards the side of the label, or has "
            "no value beyond 0 … 1, as that of a probability; leave out the sigmoid at the "
            "network's end, or let it return f − 0.5 where the boundary is at 0.5"
        )


def check_not_a_sigmoid(network: nn.Module, x: Tensor) -> None:
    """Refuse a network of one output that is the probability and not the logit.

    Its decision boundary is at one half and not at zero.
    """
    with torch.enable_grad():
        node = network(x.clone()).grad_fn
    while node is not None and node.name().startswith(RESHAPING):
        node = node.next_functions[0][0]
    if node is not None and node.name().startswith("SigmoidBackward"):
        raise ValueError(
            "expected the logit from a network of one output, found a sigmoid at its end; leave it "
            "out, and take the loss of the logit (binary_cross_entropy_with_logits)"
        )
