"""Sequential piecewise-linear networks layer by layer: what multiplies the weights, what follows.

A layer is z[t] = W u[t] for the patches u[t] of its input: what the kernel sees at position t of
the output, and a 1 that the bias multiplies; a dense layer has one position. What lies between two
layers, its `stage`, is linear near a sample and acts channel by channel (ReLU, pooling).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.networks.structure import Layer, sequence


@dataclass(frozen=True)
class Step:
    """A layer at a batch of samples, and the parts between it and the next one."""

    layer: Layer
    stage: list[nn.Module]
    weight: slice  # positions of the layer's parameters in θ
    bias: slice
    patches: Tensor  # (n, in, position), the last row of ones where there is a bias
    output: Tensor  # (n, out, …), before the stage
    pieces: list[Tensor | None]  # of each part of the stage, see `_piece`


def evaluate(module: nn.Module, x: Tensor) -> tuple[list[Step], Tensor]:
    """Return the steps of a layered network and its logits (n, C).

    Layered is what `structure.why_not_layered` has nothing against.
    The logits carry the graph that leads to them from each step's `output`.

    Raises ValueError when the inputs of a layer have the wrong number of dimensions.
    """
    steps: list[Step] = []
    start = 0
    with torch.enable_grad():
        value = x.detach().requires_grad_()
        for part in sequence(module):
            before, value = value.detach(), part(value)
            if isinstance(part, Layer):
                patches = layer_patches(part, before)
                middle = stop = start + part.weight.numel()
                if part.bias is not None:
                    patches = F.pad(patches, (0, 0, 0, 1), value=1.0)
                    stop += part.bias.numel()
                columns = slice(start, middle), slice(middle, stop)
                steps.append(Step(part, [], *columns, patches, value, []))
                start = stop
            elif steps:
                steps[-1].stage.append(part)
                steps[-1].pieces.append(_piece(part, before))
    return steps, value


def layer_patches(layer: Layer, value: Tensor) -> Tensor:
    """Cut inputs of a layer (n, …) into what its weight multiplies: (n, in, position).

    Raises ValueError when the inputs have the wrong number of dimensions.
    """
    dimensions = 4 if isinstance(layer, nn.Conv2d) else 2
    if value.ndim != dimensions:
        raise ValueError(
            f"expected inputs of {dimensions} dimensions, the first for samples, at {layer}, found "
            f"the shape {tuple(value.shape)}; images need a Flatten before a dense layer"
        )
    if not isinstance(layer, nn.Conv2d):
        return value[..., None]
    assert not isinstance(layer.padding, str)  # see structure.why_not_factored
    return F.unfold(value, layer.kernel_size, layer.dilation, layer.padding, layer.stride)


def push_forward(step: Step, tangent: Tensor) -> Tensor:
    """Map tangents (n, i, j, *z) of the step's output to tangents (n, i, j, *u) of the next input.

    ReLU and max-pooling act as they do at the samples themselves.
    """
    lead = tangent.shape[:3]
    for part, piece in zip(step.stage, step.pieces, strict=True):
        if piece is None:
            tangent = part(tangent.flatten(0, 2)).unflatten(0, lead)
        elif isinstance(part, nn.MaxPool2d):
            index = piece.flatten(2)[:, None, None].expand(*lead, -1, -1)
            tangent = tangent.flatten(-2).gather(-1, index).unflatten(-1, piece.shape[2:])
        else:
            tangent = tangent * piece[:, None, None]
    return tangent


def _piece(part: nn.Module, value: Tensor) -> Tensor | None:
    """Say on which linear piece a part is at inputs (n, channel, …).

    For a ReLU whether each input passes, for max-pooling where in its plane each output is from,
    (n, channel, …) int64; None for what is linear.
    """
    if isinstance(part, nn.ReLU):
        return value > 0
    if isinstance(part, nn.MaxPool2d):
        options = (part.kernel_size, part.stride, part.padding, part.dilation, part.ceil_mode)
        return F.max_pool2d(value, *options, return_indices=True)[1]
    return None
