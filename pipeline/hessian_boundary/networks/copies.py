"""Copies of a network: to be changed, with one layer to train, with two logits of one."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hessian_boundary.wording.suggestion import suggestion

LAST_LAYER = "last_layer"  # in place of a layer's name


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


def copy_with_layer(network: nn.Module, layer: str, x: Tensor) -> nn.Module:
    """Return a copy in which only the trainable parameters of one layer require a gradient.

    `layer` is the name of a module, as `named_modules` has it: of a layer, or of a part with
    several. "last_layer" is the layer that is evaluated last at x (n, feature…), where no module
    has that name. A parameter that the layer shares with others counts in all places.

    Raises ValueError for a name that no module has, and for a layer without trainable parameters.
    """
    copy = copy_network(network)
    named = dict(_given(copy).named_modules(remove_duplicate=False))
    if layer == LAST_LAYER and layer not in named:
        layer = _last_layer(copy, x)
    known = [name for name, part in named.items() if name and _trainable(part)]
    if layer not in known:
        what = f"{layer!r}, which has none" if layer in named else repr(layer)
        raise ValueError(
            f"expected a layer with trainable parameters among {known}, found {what}; "
            f"{suggestion(layer, known)}"
        )
    kept = set(map(id, _trainable(named[layer])))
    for parameter in copy.parameters():
        parameter.requires_grad_(id(parameter) in kept)
    return copy


def _last_layer(network: nn.Module, x: Tensor) -> str:
    """Return the name of the layer whose evaluation ends last, of those with parameters."""
    given, called = _given(network), list[str]()
    owners = [
        name.split(".parametrizations")[0]  # of a weight that is computed from others
        for name, part in given.named_modules()
        if name and _trainable(part, recurse=False)
    ]
    hooks = [
        given.get_submodule(name).register_forward_hook(lambda *_, name=name: called.append(name))
        for name in dict.fromkeys(owners)
    ]
    with torch.no_grad():
        network(x.clone())
    for hook in hooks:
        hook.remove()
    if not called:
        raise ValueError(
            "expected a network that calls layers with trainable parameters, found none, so there "
            "is no last one; leave it out, or name a layer"
        )
    return called[-1]


def _given(network: nn.Module) -> nn.Module:
    """Return the network as it was given, whose names its user knows."""
    return network.network if isinstance(network, TwoLogits) else network


def _trainable(part: nn.Module, recurse: bool = True) -> list[nn.Parameter]:
    return [parameter for parameter in part.parameters(recurse) if parameter.requires_grad]
