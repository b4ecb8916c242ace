"""What a layer z[t] = W u[t] makes of tangents: of vectors of parameters, side by side.

`layered_products` puts these together. δ is the gradient with respect to z, d the derivative along
a vector of parameters; there are k vectors at a time.
"""

from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_input, conv2d_weight

from hessian_boundary.curvature.operators.layer_steps import Step
from hessian_boundary.networks.structure import Layer


def layer_direction(step: Step, rows: Tensor) -> Tensor | None:
    """Cut dW (k, out, in) out of vectors (k, p), the bias as the last column; None for zeros."""
    if not (rows[:, step.weight].any() or rows[:, step.bias].any()):
        return None
    shape = (len(rows), len(step.layer.weight), -1)
    weight = rows[:, step.weight].reshape(shape)
    with_bias = step.patches.shape[1] > weight.shape[2]
    return torch.cat([weight, rows[:, step.bias].reshape(shape)], dim=2) if with_bias else weight


def layer_tangent(
    step: Step, count: int, direction: Tensor | None, inputs: Tensor | None
) -> Tensor:
    """Return dz = dW u + W du (n, k, out, …) for dW (k, out, in) and du (n, k, …); None is zero."""
    layer, shape = step.layer, (len(step.patches), count, *step.output.shape[1:])
    terms = []
    if direction is not None and isinstance(layer, nn.Conv2d):
        terms.append((direction.flatten(0, 1) @ step.patches).reshape(shape))
    elif direction is not None:
        terms.append((step.patches[..., 0] @ direction.flatten(0, 1).T).view(shape))
    if inputs is not None and isinstance(layer, nn.Conv2d):
        moved = F.conv2d(inputs.flatten(0, 1), layer.weight, **_options(layer))
        terms.append(moved.reshape(shape))
    elif inputs is not None:
        terms.append(inputs @ layer.weight.T)
    return reduce(Tensor.add_, terms) if terms else step.output.new_zeros(shape)


def weight_gradient(step: Step, delta: Tensor, change: Tensor, inputs: Tensor | None) -> Tensor:
    """Return Σ dδ uᵀ + δ duᵀ (k, out, in) for δ (n, out, …), dδ (n, k, out, …), du (n, k, …)."""
    layer, count = step.layer, change.shape[1]
    if isinstance(layer, nn.Conv2d):
        stacked = (change.flatten(1, 2).flatten(2) @ step.patches.mT).sum(0)
    else:
        stacked = change.flatten(1).T @ step.patches[..., 0]
    gradient = stacked.unflatten(0, (count, -1))
    if inputs is None:
        return gradient
    wide = inputs.flatten(1, 2)  # the vectors' inputs beside each other, as if more channels
    if isinstance(layer, nn.Conv2d):
        size = (len(layer.weight), wide.shape[1], *layer.kernel_size)
        moved = conv2d_weight(wide, size, delta, **_options(layer)).flatten(1)
    else:
        moved = delta.T @ wide
    gradient[..., : layer.weight[0].numel()] += moved.unflatten(1, (count, -1)).transpose(0, 1)
    return gradient


def input_gradient(
    step: Step, delta: Tensor, change: Tensor, direction: Tensor | None, inputs: Tensor
) -> Tensor:
    """Return Wᵀ dδ + dWᵀ δ (n, k, …), in the shape of du, dW = 0 for None."""
    layer, options = step.layer, _options(step.layer)
    if isinstance(layer, nn.Conv2d):
        shape = inputs.flatten(0, 1).shape
        back = conv2d_input(shape, layer.weight, change.flatten(0, 1), **options).view_as(inputs)
    else:
        back = change @ layer.weight
    if direction is None:
        return back
    wide = direction[..., : layer.weight[0].numel()].transpose(0, 1).flatten(1)  # (out, k in)
    if isinstance(layer, nn.Conv2d):
        kernels = wide.reshape(len(wide), -1, *layer.kernel_size)
        moved = conv2d_input(inputs.flatten(1, 2).shape, kernels, delta, **options)
    else:
        moved = delta @ wide
    return back + moved.view_as(inputs)


def _options(layer: Layer) -> dict[str, Any]:
    if not isinstance(layer, nn.Conv2d):
        return {}
    return {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
