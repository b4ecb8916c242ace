"""Another dtype or device for all that a network computes with."""

from typing import Any

import torch
from torch import Tensor, nn

# what every module keeps its parts in; those `module.to` converts
REGISTERED = frozenset(vars(nn.Module()))


def converted(
    module: nn.Module, device: torch.device, dtype: torch.dtype | None = None
) -> nn.Module:
    """Convert a module in place: its parameters, buffers, and the tensors it just holds.

    `module.to` leaves tensors that are plain attributes, or stand in lists, tuples and dicts, as
    they are; the forward pass would then mix dtypes or devices. Without `dtype`, each keeps its.
    """
    module.to(device, dtype)
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if name not in REGISTERED and (new := _converted(value, device, dtype)) is not value:
                setattr(part, name, new)
    return module


def _converted(value: Any, device: torch.device, dtype: torch.dtype | None) -> Any:
    if isinstance(value, Tensor):
        kept = dtype if dtype is not None and value.is_floating_point() else value.dtype
        same = value.dtype == kept and value.device == device
        if same:
            return value
        # one that needs a gradient goes on needing one, so that `check_leaves` can see it
        return value.detach().to(device, kept).requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        new = type(value)(_converted(each, device, dtype) for each in value)
        return value if all(a is b for a, b in zip(value, new, strict=True)) else new
    if type(value) is dict:
        changed = {key: _converted(each, device, dtype) for key, each in value.items()}
        return value if all(changed[key] is each for key, each in value.items()) else changed
    return value
