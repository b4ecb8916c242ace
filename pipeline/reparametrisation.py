"""Rescale a ReLU network's layers without changing its function (Appendix J)."""

from collections.abc import Sequence

import torch
from torch import nn

HOMOGENEOUS = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.Flatten, nn.Identity)


def rescale_layers(module: nn.Module, scales: Sequence[float]) -> None:
    """Multiply layer l's weights by α_l and its biases by α_1 … α_l, in place.

    ReLU and pooling are positively homogeneous, so layer l's output is multiplied by α_1 … α_l and
    the logits by the product of all scales; predictions and decision boundary stay as they are,
    and the function itself where the product is one.
    Source: Dinh et al. (2017), Appendix B, as the paper's Figure 19 uses it.

    Raises ValueError when the number of scales is not that of the layers, a scale is not positive,
    or the network has a part that is not homogeneous.
    """
    parts = list(module) if isinstance(module, nn.Sequential) else [module]
    layers = [part for part in parts if isinstance(part, nn.Linear | nn.Conv2d)]
    others = [part for part in parts if part not in layers]
    if len(scales) != len(layers) or min(scales) <= 0:
        raise ValueError(
            f"expected {len(layers)} positive scales, one per layer, found {list(scales)}"
        )
    for part in others:
        if not isinstance(part, HOMOGENEOUS):
            raise ValueError(
                f"expected a network of ReLU and pooling between its layers, found {part}; "
                "rescaling would change its function"
            )
    total = 1.0
    with torch.no_grad():
        for layer, scale in zip(layers, scales, strict=True):
            total *= scale
            layer.weight *= scale
            if layer.bias is not None:
                layer.bias *= total
