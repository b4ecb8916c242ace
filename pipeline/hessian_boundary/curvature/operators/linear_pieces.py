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
from torch.overrides import TorchFunctionMode

RELU: set[Callable[..., Any]] = {
    F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_,
}  # fmt: skip


class _EachRelu(TorchFunctionMode):
    """Calls `on_relu` in place of every ReLU that is evaluated inside."""

    def __init__(self, on_relu: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._on_relu = on_relu

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: Sequence[Any] = (),
        options: dict[str, Any] | None = None,
    ) -> Any:
        if function in RELU:
            given = arguments[0] if arguments else (options or {})["input"]
            return self._on_relu(given)
        return function(*arguments, **(options or {}))


@torch.no_grad()
def active_relus(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Return where the input of each ReLU is positive, bool (n, …), in the order of evaluation."""
    active: list[Tensor] = []

    def note(given: Tensor) -> Tensor:
        active.append(given > 0)
        return given.clamp(min=0)

    with _EachRelu(note):
        network(x.clone())
    return active


def with_active_relus(active: Sequence[Tensor]) -> _EachRelu:
    """Let one evaluation inside take the ReLUs that are `active` as on, whatever their inputs are.

    Raises StopIteration where the network evaluates more of them.
    """
    remaining = iter(active)
    return _EachRelu(lambda given: given * next(remaining))
