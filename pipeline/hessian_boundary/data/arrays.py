"""Samples and labels as people have them, made tensors: no digit lost, no number made up."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

INDICES = (
    "give the index of each sample's class, such as np.unique(y, return_inverse=True)[1], or "
    "y.argmax(1) for one-hot labels"
)


def as_inputs(x: Any, dtype: torch.dtype) -> Tensor:
    """Return x (n, feature…) as a tensor of `dtype`; whole numbers stay, as indices may be some.

    Raises ValueError for what is not an array of real numbers, or has values that are masked.
    """
    inputs = _as_tensor(x, "x", "convert or encode the features, and leave out samples without")
    if not inputs.ndim:
        raise ValueError(f"expected x of shape (n, feature…), found the number {inputs.item()}")
    return inputs.to(dtype) if inputs.is_floating_point() else inputs


def as_labels(y: Any) -> Tensor:
    """Return labels y (n,) as int64.

    Raises ValueError for what is not an array of whole numbers, or has values that are masked.
    """
    labels = _as_tensor(y, "y", INDICES)
    whole = labels.long()
    if labels.is_floating_point() and not torch.equal(whole.to(labels.dtype), labels):
        wrong = labels[whole.to(labels.dtype) != labels].flatten()[0].item()
        raise ValueError(f"expected whole-number labels y, found {wrong}; {INDICES}")
    return whole


def _as_tensor(values: Any, name: str, way_out: str) -> Tensor:
    if isinstance(values, Tensor):
        array: Any = values.detach()
        real = not array.is_complex()
    else:
        if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
            raise ValueError(
                f"expected a value in every place of {name}, found {int(values.mask.sum())} that "
                f"are masked; {way_out}"
            )
        try:
            array = np.asarray(values)
        except Exception as error:  # whatever a container of the user's does
            raise ValueError(
                f"expected an array or tensor {name}, found {type(values).__name__}, which does "
                f"not become one ({error}); {way_out}"
            ) from error
        real = array.dtype.kind in "fiub"
    if not real:
        raise ValueError(f"expected real numbers {name}, found {array.dtype}; {way_out}")
    return array if isinstance(array, Tensor) else _shared(array)


def _shared(array: np.ndarray) -> Tensor:
    """Return a tensor of an array, and a copy only where PyTorch does not take it as it is."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "u" and size > 1:
        array = array.astype(np.int64)
    elif kind == "f" and size > 8:
        array = array.astype(np.float64)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)
