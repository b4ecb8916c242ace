"""A copy of a network that can be changed without changing the caller's, and two logits of one."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def copy_network(network: nn.Module) -> nn.Module:
    """Return a deep copy, also of networks that hold weights which hooks compute.

    Raises ValueError for something that is no network, whose parameters have no values yet, or are
    complex.
    """
    if not isinstance(network, nn.Module):
        what = f"the class {network.__name__}" if isinstance(network, type) else repr(network)
        raise ValueError(f"expected a network, an instance of torch.nn.Module, found {what[:200]}")
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if is_lazy(tensor):
            raise ValueError(
                f"expected parameters that have values, found {name} of a lazy module without; "
                "evaluate the network once, or load what was trained"
            )
        if tensor.is_complex():
            raise ValueError(
                f"expected real parameters, found {name} of {tensor.dtype}; write the network with "
                "real and imaginary parts as parameters of their own"
            )
    # what a hook computes before each forward pass has a graph, which deepcopy refuses to copy
    computed = {
        id(value): value.detach().clone()
        for part in network.modules()
        for value in vars(part).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
    return deepcopy(network, computed)


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
