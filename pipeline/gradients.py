"""Per-sample loss gradients: their lengths and their products with given directions.

No gradient is formed for a dense layer. One backward pass over a whole batch gives each layer's
input h_s and the derivative d_s with respect to its output; the sample's gradient is d_s ⊗ h_s, so

    ‖g_s‖² = Σ_layers ‖d_s‖² (‖h_s‖² + 1),    ⟨g_s, v⟩ = Σ_layers d_sᵀ (V h_s + b),

where V and b are v's entries for the layer's weight and bias. Convolutions are handled the same
way over their patches. Any other module with parameters takes a slower path (`vmap`) with the
same result.

Confident samples have gradients down to 1e-300: each sample's backward pass starts from
∂ℓ/∂f divided by its largest entry, and the length is multiplied back in at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import vjp, vmap
from torch.nn import functional as F

from pipeline.losses import Loss
from pipeline.models import functional_logits, split_parameters


@dataclass(frozen=True)
class GradientProducts:
    """Products of the per-sample gradients g_s with directions v_i, and their lengths."""

    cosine: Tensor  # (k, n) ⟨g_s, v_i⟩ / (‖g_s‖ ‖v_i‖), NaN where ‖g_s‖ is below the minimum
    norm: Tensor  # (n,) ‖g_s‖₂
    logits: Tensor  # (n, C)


def gradient_products(
    module: nn.Module,
    x: Tensor,
    directions: Tensor,
    loss_per_sample: Loss,
    *,
    labels: Tensor | None = None,
    minimum_norm: float,
    batch_size: int = 256,
) -> GradientProducts:
    """Align g_θ(x_s) = ∂ℓ(f_θ(x_s), y_s)/∂θ with directions (k, p): Eq. (1) and (2) of the paper.

    x is (n, feature…); without `labels` (n,) the predicted label is taken, as Eq. (1) says.
    `batch_size` bounds the memory and does not change the result. A gradient whose length is
    exactly zero or below `minimum_norm` has no direction: its cosine is NaN, its norm is reported.
    """
    lengths = torch.linalg.vector_norm(directions, dim=1)
    evaluate = (_factored if _is_factored(module) else _mapped)(module, directions)
    cosines, norms, outputs = [], [], []
    for start in range(0, len(x), batch_size):
        logits, pull_back = evaluate(x[start : start + batch_size])
        target = logits.argmax(1) if labels is None else labels[start : start + batch_size]
        cotangent = _logit_gradient(loss_per_sample, logits, target)
        scale = cotangent.abs().amax(1)
        product, square = pull_back(cotangent / torch.where(scale > 0, scale, 1)[:, None])
        norm = square.sqrt()
        cosine = product / (norm * lengths[:, None])
        cosines.append(torch.where(norm * scale > minimum_norm, cosine, torch.nan))
        norms.append(norm * scale)
        outputs.append(logits)
    return GradientProducts(torch.cat(cosines, 1), torch.cat(norms), torch.cat(outputs))


# cotangent of the logits (n, C) -> products of the gradients (k, n), squared lengths (n,)
PullBack = Callable[[Tensor], tuple[Tensor, Tensor]]
# inputs (n, …) -> logits (n, C) and their pull-back
Evaluate = Callable[[Tensor], tuple[Tensor, PullBack]]


def _logit_gradient(loss_per_sample: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    values = logits.detach().requires_grad_()
    return torch.autograd.grad(loss_per_sample(values, labels).sum(), values)[0]


def _leaves(module: nn.Module) -> list[nn.Module]:
    """The modules of nested Sequentials, in the order of use."""
    if isinstance(module, nn.Sequential):
        return [leaf for child in module for leaf in _leaves(child)]
    return [module]


def _is_factored(module: nn.Module) -> bool:
    """Whether all parameters sit in plain dense or convolution layers, each used once."""
    owners = [leaf for leaf in _leaves(module) if any(True for _ in leaf.parameters())]
    return len(owners) == len(set(owners)) and all(map(_is_plain, owners))


def _is_plain(layer: nn.Module) -> bool:
    if type(layer) is nn.Conv2d:
        return (
            layer.groups == 1
            and layer.padding_mode == "zeros"
            and not isinstance(layer.padding, str)
        )
    return type(layer) is nn.Linear


def _factored(module: nn.Module, directions: Tensor) -> Evaluate:
    layers = [leaf for leaf in _leaves(module) if _is_plain(leaf)]
    per_tensor = iter(split_parameters(directions, module))
    # directions restricted to each layer: weights (k, out, in) and biases (k, out)
    weights: list[Tensor] = []
    biases: list[Tensor | None] = []
    for layer in layers:
        weights.append(next(per_tensor).flatten(2))
        biases.append(next(per_tensor) if layer.bias is not None else None)

    def evaluate(x: Tensor) -> tuple[Tensor, PullBack]:
        inputs, outputs, logits = _record_layers(module, layers, x)

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
    if isinstance(layer, nn.Conv2d) or h.ndim > 2:
        # the layer is used at many positions; its own parameters are few
        h, d = _by_position(layer, h, d)
        gradient = torch.einsum("nto,nti->noi", d, h).flatten(1)
        product = weight.flatten(1) @ gradient.T
        square = gradient.square().sum(1)
        d = d.sum(1)
    else:
        # dᵀ V h, summing first over the longer of the two sides
        _, outputs, inputs = weight.shape
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


def _record_layers(
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
        with torch.enable_grad():
            logits = module(x.detach().requires_grad_())
    finally:
        for hook in hooks:
            hook.remove()
    return inputs, outputs, logits


def _by_position(layer: nn.Module, h: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """Return inputs (n, position, in) and output derivatives (n, position, out)."""
    if not isinstance(layer, nn.Conv2d):
        return h.flatten(1, -2), d.flatten(1, -2)
    assert not isinstance(layer.padding, str)  # see _is_plain
    patches = F.unfold(h, layer.kernel_size, layer.dilation, layer.padding, layer.stride)
    return patches.transpose(1, 2), d.flatten(2).transpose(1, 2)


def _mapped(module: nn.Module, directions: Tensor) -> Evaluate:
    logits = functional_logits(module)
    theta = tuple(parameter.detach() for parameter in module.parameters())

    def gradient(x: Tensor, cotangent: Tensor) -> Tensor:
        pull_back = vjp(lambda parameters: logits(parameters, x[None])[0], theta)[1]
        return torch.cat([part.flatten() for part in pull_back(cotangent)[0]])

    def evaluate(x: Tensor) -> tuple[Tensor, PullBack]:
        def pull_back(cotangent: Tensor) -> tuple[Tensor, Tensor]:
            gradients = vmap(gradient, chunk_size=128)(x, cotangent)
            return directions @ gradients.T, gradients.square().sum(1)

        return logits(theta, x), pull_back

    return evaluate
