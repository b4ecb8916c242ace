"""Is all computed in the precision that is asked for?"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_leaves

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.copies import copy_network
from hessian_boundary.networks.evaluation import eval_logits
from hessian_boundary.networks.problem_checks import check_leaves, check_same_parameters


def check_precision(network: nn.Module, x: Tensor, loss: Loss, y: Tensor) -> None:
    """Refuse a network or a loss that computes in a narrower type than its parameters have.

    Numbers that depend on parameters and are of float32 in between keep its round-off, whatever
    type the logits have: small eigenvalues, and gradients of confident samples, would be noise.
    """
    logits = _check_network(network, x)
    with torch.enable_grad(), _Narrower(_dtype(network)) as inside:
        loss(logits.detach().requires_grad_(), y)
    _refuse("loss", inside)


def _check_network(network: nn.Module, x: Tensor) -> Tensor:
    with torch.enable_grad(), _Narrower(_dtype(network)) as inside:
        logits: Tensor = network(x.clone())
    _refuse("network", inside)
    return logits


def _dtype(network: nn.Module) -> torch.dtype:
    return next(p.dtype for p in network.parameters() if p.requires_grad)


def _refuse(where: str, inside: "_Narrower") -> None:
    if inside.found:
        operation, found = inside.found[0]
        raise ValueError(
            f"expected a {where} that computes in {inside.dtype} where its parameters are, found "
            f"{found} from `{operation}`; convert with .to(x.dtype) in place of .float(), and "
            "leave out `dtype=torch.float32`"
        )


def check_in_float64(module: nn.Module, x: Tensor, name: str) -> None:
    """Refuse before the training what could not be evaluated in float64 after it."""
    try:
        double = converted(copy_network(module).eval(), torch.device("cpu"), torch.float64)
        inputs = x.double() if x.is_floating_point() else x.clone()
        eval_logits(double, inputs)
    except Exception as error:  # whatever a network of the user's does in float64
        raise ValueError(
            f"expected a network from `build` in architecture {name!r} that takes x in float64, "
            f"too, since curvature is computed in it, found {type(error).__name__}: {error}; make "
            "tensors like others (x.new_zeros, dtype=x.dtype), and convert with .to(x.dtype)"
        ) from error
    try:
        check_leaves(double, inputs)
        check_same_parameters(double, inputs)
        _check_network(double, inputs)
    except ValueError as error:
        raise ValueError(f"architecture {name!r}: {error}") from error


class _Narrower(TorchFunctionMode):
    """Listens for results that need a gradient and are of a narrower type than `dtype`."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.found: list[tuple[str, torch.dtype]] = []  # operations, and the types of their results

    def __torch_function__(
        self,
        func: Any,
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if not isinstance(each, Tensor) or not each.is_floating_point():
                continue
            if each.requires_grad and each.dtype.itemsize < self.dtype.itemsize:
                self.found.append((resolve_name(func) or str(func), each.dtype))
        return result
