"""Rescale a ReLU network's layers without changing its function (Appendix J)."""

from collections.abc import Sequence

import torch
from torch import nn

from hessian_boundary.networks.structure import LAYERS, sequence, why_not_rescaled


def rescale_layers(module: nn.Module, scales: Sequence[float]) -> None:
    """Multiply layer l's weights by α_l and its biases by α_1 … α_l, in place.

    ReLU and pooling are positively homogeneous, so layer l's output is multiplied by α_1 … α_l and
    the logits by the product of all scales; predictions and decision boundary stay as they are,
    and the function itself where the product is one.
    Source: Dinh et al. (2017), Appendix B, as the paper's Figure 19 uses it.

    Raises ValueError when the number of scales is not that of the layers, a scale is not positive,
    or the network has a part that is not homogeneous.
    """
    layers = [part for part in sequence(module) if isinstance(part, LAYERS)]
    if len(scales) != len(layers) or min(scales) <= 0:
        raise ValueError(
            f"expected {len(layers)} positive scales, one per layer, found {list(scales)}"
        )
    if reason := why_not_rescaled(module):
        raise ValueError(
            "expected a network of ReLU and pooling between its layers, each used once, found that "
            f"{reason}; rescaling would change its function"
        )
    total = 1.0
    with torch.no_grad():
        for layer, scale in zip(layers, scales, strict=True):
            total *= scale
            layer.weight *= scale
            if layer.bias is not None:
                layer.bias *= total
