"""Binary classifiers of one output: as a network of two logits, with a loss that fits."""

from dataclasses import dataclass
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

# what only gives a tensor another shape, in the graph of an output
RESHAPING = ("View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Select", "Slice", "Permute",
             "TBackward", "Transpose")  # fmt: skip


class TwoLogits(nn.Module):
    """The logits (0, f) of a binary network that gives one, f: the same loss and boundary.

    The cross-entropy of (0, f) is log(1 + exp(f)) − y f, that of a sigmoid of f.
    """

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

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss (n,) of logits (n, 2) and labels (n,)."""
        one = logits[:, 1:]
        return self.loss(one if self.column else one[:, 0], labels)


def is_one_logit(output: Any, samples: int) -> bool:
    """Tell whether a network's output is one number for each of so many samples."""
    return isinstance(output, Tensor) and tuple(output.shape) in ((samples,), (samples, 1))


def loss_of_two_logits(loss: Loss, output: Tensor) -> Loss:
    """Return the loss of (0, f) that `loss` is of a network's output f, (n, 1) or (n,).

    A cross-entropy of two logits is taken as it is. Any other function is one of f, if it can be.

    Raises ValueError for the squared error, whose target of one output is not known.
    """
    known = recognised(loss, 2)
    if is_cross_entropy(known):
        return known
    if is_known(loss):
        raise ValueError(
            "expected a logit per class for the squared error, found a network of one output; give "
            "the loss as a function of that output, f (n, 1) or (n,), and labels (n,)"
        )
    of_one = LossOfOne(loss, column=output.ndim == 2)
    try:  # on the CPU, as `examples` says
        trial = LossOfOne(on_cpu(loss), of_one.column)
        fits = tuple(trial(torch.zeros(2, 2).to(output.dtype), torch.arange(2)).shape) == (2,)
    except MemoryError:
        raise
    except Exception:  # a function of two logits
        fits = False
    if not fits:
        return loss
    logits, labels = examples(2)
    same = by_values(trial, logits - logits[:, :1], labels)  # the binary cross-entropy, mostly
    return same if same is not None and is_cross_entropy(same) else of_one


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
