"""Products and lengths of per-sample gradients without forming the gradients.

One backward pass over a whole batch gives each dense layer's input h_s and the derivative d_s with
respect to its output; the sample's gradient is d_s ⊗ h_s, so

    ‖g_s‖² = Σ_layers ‖d_s‖² (‖h_s‖² + 1),    ⟨g_s, v⟩ = Σ_layers d_sᵀ (V h_s + b),

where V and b are v's entries for the layer's weight and bias. Convolutions are handled the same
way over their patches.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.certificates.plain import differentiable
from hessian_boundary.networks.parameters import split_parameters
from hessian_boundary.networks.structure import LAYERS, sequence

# cotangent of the logits (n, C) -> products of the gradients (k, n), squared lengths (n,)
PullBack = Callable[[Tensor], tuple[Tensor, Tensor]]
# inputs (n, …) -> logits (n, C) and their pull-back
Evaluate = Callable[[Tensor], tuple[Tensor, PullBack]]


def factored(module: nn.Module, directions: Tensor) -> Evaluate:
    """Return x ↦ (logits, pull-back) for directions (k, p).

    `structure.why_not_factored` must have nothing against the network.
    """
    layers = [part for part in sequence(module) if type(part) in LAYERS]
    per_tensor = iter(split_parameters(directions, module))
    # directions restricted to each layer: weights (k, out, in) and biases (k, out)
    weights: list[Tensor] = []
    biases: list[Tensor | None] = []
    for layer in layers:
        weights.append(next(per_tensor).flatten(2))
        biases.append(next(per_tensor) if layer.bias is not None else None)

    def evaluate(x: Tensor) -> tuple[Tensor, PullBack]:
        inputs, outputs, logits = record_layers(module, layers, x)

        def pull_back(cotangent: Tensor) -> tuple[Tensor, Tensor]:
            deltas = torch.autograd.grad(logits, outputs, cotangent)
            product = cotangent.new_zeros(len(directions), len(x))
            square = cotangent.new_zeros(len(x))
            for parts in zip(layers, inputs, deltas, weights, biases, strict=True):
                layer_product, layer_square = _layer_products(*parts)
                product += layer_product
                square += layer_square
            return product, square

        return logits.detach(), pull_back

    return evaluate


def _layer_products(
    layer: nn.Module, h: Tensor, d: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return one layer's share of the products (k, n) and of the squared lengths (n,)."""
    _, outputs, inputs = weight.shape
    if isinstance(layer, nn.Conv2d) or h.ndim > 2 or len(weight) > max(outputs, inputs):
        # the layer is used at many positions, or for more directions than it has units: gradients
        # are the smaller arrays
        h, d = inputs_by_position(layer, h), outputs_by_position(layer, d)
        gradient = torch.einsum("nto,nti->noi", d, h).flatten(1)
        product = weight.flatten(1) @ gradient.T
        square = gradient.square().sum(1)
        d = d.sum(1)
    else:
        # dᵀ V h, summing first over the longer of the two sides
        if inputs >= outputs:
            moved = (h @ weight.flatten(0, 1).T).unflatten(1, (-1, outputs))  # (n, k, out)
            product = torch.linalg.vecdot(moved, d[:, None]).T
        else:
            moved = (d @ weight.transpose(0, 1).flatten(1)).unflatten(1, (-1, inputs))
            product = torch.linalg.vecdot(moved, h[:, None]).T
        square = torch.linalg.vecdot(d, d) * torch.linalg.vecdot(h, h)
    if bias is not None:
        product = product + bias @ d.T
        square = square + torch.linalg.vecdot(d, d)
    return product, square


def record_layers(
    module: nn.Module, layers: list[nn.Module], x: Tensor
) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Return each layer's input, each layer's output, and the logits."""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []

    def record(layer: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        inputs.append(arguments[0].detach())
        outputs.append(output)

    hooks = [layer.register_forward_hook(record) for layer in layers]
    try:
        with differentiable():
            logits = module(x.detach().requires_grad_(x.is_floating_point()))
    finally:
        for hook in hooks:
            hook.remove()
    return inputs, outputs, logits


def inputs_by_position(layer: nn.Module, h: Tensor) -> Tensor:
    """Return what the layer's weight multiplies (n, position, in), for inputs h of the layer."""
    if not isinstance(layer, nn.Conv2d):
        return h.reshape(len(h), -1, h.shape[-1])
    assert not isinstance(layer.padding, str)  # see structure.why_not_factored
    patches = F.unfold(h, layer.kernel_size, layer.dilation, layer.padding, layer.stride)
    return patches.transpose(1, 2)


def outputs_by_position(layer: nn.Module, d: Tensor) -> Tensor:
    """Return derivatives (n, position, out) for derivatives d with respect to the output."""
    if not isinstance(layer, nn.Conv2d):
        return d.reshape(len(d), -1, d.shape[-1])
    return d.flatten(2).transpose(1, 2)
