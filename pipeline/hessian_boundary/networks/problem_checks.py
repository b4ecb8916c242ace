"""What does not fit a problem, in words that say what to change."""

from typing import Any

import torch
from torch import Tensor, nn

from hessian_boundary.networks.losses import Loss
from hessian_boundary.networks.parameters import trainable_parameters


def check_samples(x: Tensor, y: Tensor) -> None:
    """Refuse samples and labels that do not belong together."""
    if y.ndim != 1 or y.is_floating_point() or y.dtype == torch.bool:
        raise ValueError(
            f"expected whole-number labels y of shape (n,), found {y.dtype} of shape "
            f"{tuple(y.shape)}; give the index of each sample's class"
        )
    if len(x) != len(y):
        raise ValueError(f"expected as many samples as labels, found {len(x)} and {len(y)}")
    if not len(y):
        raise ValueError("expected at least one sample to take the loss of, found none")


def check_parameters(network: nn.Module, x: Tensor) -> None:
    """Refuse a network without parameters to train, of mixed or other dtypes than x."""
    parameters = trainable_parameters(network)
    if not parameters:
        raise ValueError(
            "expected a network with trainable parameters, found none that requires a gradient; "
            "the Hessian is taken over those: call requires_grad_(True) on what it should cover"
        )
    kinds = {(parameter.dtype, parameter.device) for parameter in parameters}
    if len(kinds) > 1:
        found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
        raise ValueError(
            f"expected parameters of one dtype on one device, found {found}; convert the network "
            "with .to(device, torch.float64)"
        )
    dtype, device = kinds.pop()
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"expected parameters in float32 or float64, found {dtype}; convert the network with "
            ".double()"
        )
    if (x.is_floating_point() and x.dtype != dtype) or x.device != device:
        raise ValueError(
            f"expected x in {dtype} on {device} like the network, found {x.dtype} on {x.device}; "
            "convert one of them"
        )


def evaluated(network: nn.Module, x: Tensor) -> Any:
    """Evaluate a few samples; what goes wrong in the network is said in words that help."""
    probe = x.clone()
    try:
        with torch.no_grad():
            logits = network(probe)
    except Exception as error:
        raise ValueError(
            f"expected the network to evaluate x of shape {tuple(x.shape)} and {x.dtype}, found "
            f"{type(error).__name__}: {error}; give inputs as the network takes them"
        ) from error
    if not torch.equal(probe.nan_to_num(), x.nan_to_num()):
        raise ValueError(
            "expected a network that leaves its input as it is, found one that changes it in "
            "place; write `x = x - 1` in place of `x -= 1`"
        )
    return logits


def check_logits(logits: Any, samples: int, y: Tensor) -> None:
    """Refuse what is not one row of logits per sample, with a logit per class."""
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != samples:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(
            f"expected logits (n, C) from the network, ({samples}, C) for {samples} samples, found "
            f"{found}; wrap it in a module that returns one row of logits per sample"
        )
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= logits.shape[1]:
        raise ValueError(
            f"expected labels 0 … {logits.shape[1] - 1} for a network of {logits.shape[1]} logits, "
            f"found labels {low} … {high}; give it a logit per class, or renumber the classes"
        )


def check_leaves(network: nn.Module, x: Tensor) -> None:
    """Follow the graph from the logits to all tensors that they are differentiable in."""
    with torch.enable_grad():
        logits = network(x.clone())
    own = {id(parameter) for parameter in network.parameters()}
    pending, seen = [logits.grad_fn], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in own:
            raise ValueError(
                "expected logits that depend on the network's own parameters, found one that "
                f"depends on a tensor of shape {tuple(leaf.shape)} that is none of them; register "
                "it as nn.Parameter, and let hooks and replaced forward passes use `module.weight` "
                "of the module they are given, not of one they close over"
            )
        pending.extend(parent for parent, _ in node.next_functions)


def check_loss(loss: Loss, logits: Tensor, y: Tensor) -> None:
    """Refuse a loss that does not give one value per sample."""
    values = loss(logits, y)
    if not isinstance(values, Tensor) or values.shape != y.shape:
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(
            f"expected one loss per sample, {tuple(y.shape)} for {len(y)} samples, found {found}; "
            'pass one that does not average, such as partial(cross_entropy, reduction="none")'
        )
