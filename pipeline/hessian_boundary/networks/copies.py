"""Copies of a network: to be changed, and with one layer to train."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hessian_boundary.networks.one_logit import TwoLogits
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
        _check_values(name, tensor)
    memo = {
        id(value): value.detach().clone().requires_grad_(value.requires_grad and not buffer)
        for value, buffer in _computed(network)
    }
    try:
        copy = deepcopy(network, memo)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(
            f"expected a network that can be copied, found {type(error).__name__}: {error}; let it "
            "hold only what it needs to be evaluated"
        ) from error
    return with_usual_operations(copy)


def _check_values(name: str, tensor: Tensor) -> None:
    if is_lazy(tensor):
        raise ValueError(
            f"expected parameters that have values, found {name} of a lazy module without; "
            "evaluate the network once, or load what was trained"
        )
    if tensor.is_meta or tensor.layout != torch.strided:
        kind = "on the device meta, without values" if tensor.is_meta else f"{tensor.layout}"
        raise ValueError(
            f"expected dense parameters and buffers with values, found {name}, which is {kind}; "
            "load what was trained, or call .to_dense() on it"
        )
    if tensor.is_complex():
        raise ValueError(
            f"expected real parameters, found {name} of {tensor.dtype}; write the network with "
            "real and imaginary parts as parameters of their own"
        )


def _computed(network: nn.Module) -> Iterator[tuple[Tensor, bool]]:
    """Yield tensors with a graph, which deepcopy refuses to copy, and whether it is a buffer's.

    Weights that hooks compute before each forward pass are such, and what a forward pass kept. The
    copies of those that are no buffers require a gradient: if the logits depend on one, it was not
    computed anew, the graph to the parameters is cut, and `check_leaves` says so.
    """
    seen: set[int] = set()
    for part in network.modules():
        for name, value in vars(part).items():
            if name not in ("_parameters", "_modules"):
                for tensor in _tensors(value, seen):
                    if not tensor.is_leaf:
                        yield tensor, name == "_buffers"


def _tensors(value: Any, seen: set[int]) -> Iterator[Tensor]:
    """Yield the tensors of nested containers; one may hold itself."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict | list | tuple | set) and id(value) not in seen:
        seen.add(id(value))
        for each in value.values() if isinstance(value, dict) else value:
            yield from _tensors(each, seen)


def with_usual_operations(network: nn.Module) -> nn.Module:
    """Switch off, in the network itself, what computes the same numbers in an unfit way.

    Sparse gradients of embeddings, which have no second derivatives; the nested tensors of a
    Transformer with padding, which are taken only where no gradient is, and fill padded places with
    zeros; and PyTorch's own layers that work in place: a first one would change the samples.
    """
    for part in network.modules():
        if type(part).__module__.startswith("torch.nn.") and getattr(part, "inplace", False):
            vars(part)["inplace"] = False
        if isinstance(part, nn.Embedding | nn.EmbeddingBag):
            part.sparse = False
        if isinstance(part, nn.TransformerEncoder):
            part.use_nested_tensor = False
    return network


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
