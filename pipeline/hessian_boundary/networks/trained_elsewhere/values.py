"""Numbers of a file of trained parameters in the dtype in which the network has them."""

import torch
from torch import Tensor

WHOLE = 2**53  # up to which float64, in which artifacts keep buffers, has all whole numbers


def as_in_network(name: str, value: Tensor, own: Tensor, trained: bool) -> Tensor:
    """Return a value of the file in the dtype of the network's `own` tensor of that shape.

    Real numbers are rounded where the network has fewer digits. Those of a parameter are finite;
    a buffer may hold what the network was built with, such as −∞ in a mask.

    Raises ValueError where a number is not finite, becomes infinite, or would change in another way
    than by rounding; and for tensors that are sparse, quantised or complex.
    """
    if value.layout != torch.strided or value.is_quantized or value.is_complex():
        raise ValueError(
            f"expected real numbers, one by one, found {name} of {value.dtype}, {value.layout}; "
            "convert it before you save: .to_dense(), .dequantize()"
        )
    value = value.detach()
    converted = value.to(own.dtype)
    wrong = ~torch.isfinite(value.double())
    if not trained:
        wrong &= ~torch.isclose(value.double(), own.double(), rtol=0, atol=0, equal_nan=True)
    if wrong.any():
        raise ValueError(
            f"expected finite numbers, found {value[wrong][0].item()} in {name}, as "
            f"{int(wrong.sum())} in all; save those before the training diverged"
        )
    if own.is_floating_point() and value.is_floating_point():
        lost = torch.isinf(converted) & torch.isfinite(value)
    else:
        lost = converted.double() != value.double()
        lost |= converted.double().abs() > (WHOLE if not own.is_floating_point() else torch.inf)
    if lost.any():
        raise ValueError(
            f"expected numbers that {own.dtype} holds, in which the network has {name}, found "
            f"{value[lost][0].item()!r} of {value.dtype}; rescale it, or change its dtype"
        )
    return converted
