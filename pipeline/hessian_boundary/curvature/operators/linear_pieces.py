"""Which ReLUs of a network are on at its samples, for another precision to keep to.

The Hessian is that of the linear piece of f_θ that a sample is on. Of the 10⁷ ReLUs of a residual
network at some hundred samples, a few have inputs that are zero up to float32's round-off. There
float32 evaluates the neighbouring piece, whose Hessian differs by far more than round-off: for
ResNet-20 with 50 samples by 2e-4 of the largest eigenvalue, in float32 alone by 6e-7.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.runtime.replaced_functions import ReplacedFunctions

RELU: set[Callable[..., Any]] = {
    F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_,
}  # fmt: skip


def _each_relu(on_relu: Callable[[Tensor], Tensor]) -> ReplacedFunctions:
    """Call `on_relu` in place of every ReLU that is evaluated inside."""

    def replacement(input: Tensor, inplace: bool = False) -> Tensor:  # as F.relu names them
        return on_relu(input)

    return ReplacedFunctions(dict.fromkeys(RELU, replacement))


@torch.no_grad()
def active_relus(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Return where the input of each ReLU is positive, bool (n, …), in the order of evaluation."""
    active: list[Tensor] = []

    def note(given: Tensor) -> Tensor:
        active.append(given > 0)
        return given.clamp(min=0)

    with _each_relu(note):
        network(x.clone())
    return active


def with_active_relus(active: Sequence[Tensor]) -> ReplacedFunctions:
    """Let one evaluation inside take the ReLUs that are `active` as on, whatever their inputs are.

    Raises StopIteration where the network evaluates more of them.
    """
    remaining = iter(active)
    return _each_relu(lambda given: given * next(remaining))
