"""Nested states of tensors and numbers as a few arrays, and back: no code is stored."""

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

STRUCTURE = "structure"


def packed(state: Any) -> dict[str, np.ndarray]:
    """Return the tensors by number, and what is around them as JSON.

    `state` is made of dicts, lists, tuples, tensors, numbers, text, booleans and None. A tensor
    keeps its order in memory, a tuple becomes a list.
    """
    tensors: list[Tensor] = []
    structure = json.dumps(_described(state, tensors))
    arrays = {str(i): _array(tensor) for i, tensor in enumerate(tensors)}
    return {STRUCTURE: np.array(structure), **arrays}


def unpacked(arrays: dict[str, np.ndarray]) -> Any:
    """Return the state that was packed, on the CPU."""
    return _restored(json.loads(str(arrays[STRUCTURE])), arrays)


def _described(value: Any, tensors: list[Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors.append(value)
        return {
            "tensor": len(tensors) - 1,
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "stride": list(torch.empty_like(value).stride()),
        }
    if isinstance(value, dict):  # JSON would turn keys that are numbers into text
        return {"dict": [[key, _described(each, tensors)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_described(each, tensors) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _array(tensor: Tensor) -> np.ndarray:
    # NumPy knows fewer dtypes
    flat = tensor.detach().cpu().reshape(-1).clone(memory_format=torch.contiguous_format)
    return flat.view(torch.uint8).numpy()


def _restored(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_restored(each, arrays) for each in value]
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {key: _restored(each, arrays) for key, each in value["dict"]}
    dtype: torch.dtype = getattr(torch, value["dtype"])
    # of an array without entries, the stride may be 0
    content = torch.from_numpy(arrays[str(value["tensor"])]).clone(
        memory_format=torch.contiguous_format
    )
    content = content.view(dtype).reshape(value["shape"])
    # the order in memory decides how operations round
    return torch.empty_strided(value["shape"], value["stride"], dtype=dtype).copy_(content)
