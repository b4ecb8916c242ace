"""J_s J_sᵀ of a network's logits at each sample, layer by layer, without any Jacobian J_s (C, p).

The derivative of logit c with respect to a layer's weight is Σ_t δ_c[t] ⊗ h[t], for its input h and
output derivative δ_c at positions t (`gradients.factored`). So a dense layer of vectors adds

    (δ_c · δ_c') (h · h + 1),

the 1 for its bias, and of a layer that is used at many positions the derivative, of the size of its
own weights only, is written out.
"""

import torch
from torch import Tensor, nn

from hessian_boundary.gradients.factored import (
    inputs_by_position,
    outputs_by_position,
    record_layers,
)
from hessian_boundary.networks.structure import LAYERS, sequence


def layer_kernels(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return J_s J_sᵀ (n, C, C) at samples x (n, feature…), and the logits (n, C).

    `structure.why_not_factored` must have nothing against the network.
    """
    layers = _layers(module)
    inputs, outputs, logits = record_layers(module, layers, x)
    of_classes = [
        torch.autograd.grad(logit.sum(), outputs, retain_graph=True) for logit in logits.unbind(1)
    ]
    total = logits.new_zeros(*logits.shape, logits.shape[1])
    for layer, h, deltas in zip(layers, inputs, zip(*of_classes, strict=True), strict=True):
        h = inputs_by_position(layer, h)
        delta = torch.stack([outputs_by_position(layer, d) for d in deltas], dim=1)  # n, C, t, out
        if h.shape[1] == 1:
            squares = h.square().sum((1, 2))[:, None, None]
            total += delta[:, :, 0] @ delta[:, :, 0].mT * squares
        else:
            weight = torch.einsum("ncto,nti->ncoi", delta, h).flatten(2)
            total += weight @ weight.mT
        if layer.bias is not None:
            bias = delta.sum(2)
            total += bias @ bias.mT
    return total, logits.detach()


def kernel_numbers(module: nn.Module, x: Tensor, classes: int) -> int:
    """Return how many numbers `layer_kernels` needs for one sample like x (1, feature…)."""
    layers = _layers(module)
    inputs, outputs, _ = record_layers(module, layers, x)
    numbers = 0
    for layer, h, output in zip(layers, inputs, outputs, strict=True):
        by_position = inputs_by_position(layer, h)
        own = sum(parameter.numel() for parameter in layer.parameters())
        written_out = 0 if by_position.shape[1] == 1 else own
        numbers += h.numel() + by_position.numel() + classes * (2 * output.numel() + written_out)
    return numbers


def _layers(module: nn.Module) -> list[nn.Module]:
    return [part for part in sequence(module) if type(part) in LAYERS]
