"""A network that was trained elsewhere: its parameters and buffers from a file."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from hessian_boundary.networks.one_logit import TwoLogits
from hessian_boundary.networks.trained_elsewhere.names import listed, unwrapped, without_prefixes
from hessian_boundary.networks.trained_elsewhere.values import as_in_network


def load_trained(module: nn.Module, found: Mapping[str, Any]) -> None:
    """Write what torch.save or safetensors kept of a trained network into one of that architecture.

    `found` is the content of the file: a state_dict, or a mapping that has one as "state_dict",
    "model_state_dict" or "model". The prefixes of DataParallel and torch.compile are understood.
    All parameters, frozen ones too, and all buffers that a state_dict has must be there, in their
    shapes; a tensor that the network uses in several places may be there once. float32 arrives bit
    for bit.

    Raises ValueError that names the tensors which are missing, unexpected, of another shape, or
    cannot be converted, or which differ where the network has one.
    """
    network = module.network if isinstance(module, TwoLogits) else module
    own: dict[str, Tensor] = network.state_dict(keep_vars=True)
    tensors = without_prefixes(unwrapped(found), own)
    groups: dict[int, list[str]] = {}  # the names of each tensor of the network
    for name, tensor in own.items():
        groups.setdefault(id(tensor), []).append(name)
    _check_names(tensors, own, list(groups.values()))
    with torch.no_grad():
        for names in groups.values():
            there = [name for name in names if name in tensors]
            _check_equal(tensors, there)
            target = own[names[0]]
            trained = isinstance(target, nn.Parameter)
            target.copy_(as_in_network(there[0], tensors[there[0]], target, trained))


def _check_names(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], groups: list[list[str]]
) -> None:
    missing = [names[0] for names in groups if not set(names) & set(tensors)]
    unexpected = [name for name in tensors if name not in own]
    shapes = [
        f"{name} {tuple(tensors[name].shape)} in place of {tuple(own[name].shape)}"
        for name in own
        if name in tensors and tensors[name].shape != own[name].shape
    ]
    kinds = {"missing": missing, "unexpected": unexpected, "of another shape": shapes}
    if wrong := [f"{len(those)} {kind}: {listed(those)}" for kind, those in kinds.items() if those]:
        raise ValueError(
            f"expected the {len(own)} tensors of the network that `build` returns, found "
            f"{'; '.join(wrong)}; let `build` return the network that was saved, with its options"
        )


def _check_equal(tensors: Mapping[str, Tensor], names: list[str]) -> None:
    for name in names[1:]:
        if not torch.equal(tensors[name], tensors[names[0]]):
            raise ValueError(
                f"expected equal numbers in {names[0]} and {name}, which are one tensor of the "
                "network that `build` returns, found others; let them be two there too"
            )
