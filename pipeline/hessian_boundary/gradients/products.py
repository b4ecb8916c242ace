"""Per-sample loss gradients: their lengths and their products with given directions.

Networks of dense and convolution layers take a path that forms no gradients
(`factored_gradients`); any other module takes a slower one (`vmap`) with the same result.

Confident samples have gradients down to 1e-300: each sample's backward pass starts from
∂ℓ/∂f divided by its largest entry, and the length is multiplied back in at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import vjp, vmap

from hessian_boundary.gradients.factored import Evaluate, PullBack, factored
from hessian_boundary.networks.loss_derivatives import logit_slope
from hessian_boundary.networks.losses import Loss
from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.networks.structure import why_not_factored


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
    evaluate = (_mapped if why_not_factored(module) else factored)(module, directions)
    cosines, norms, outputs = [], [], []
    for start in range(0, len(x), batch_size):
        logits, pull_back = evaluate(x[start : start + batch_size])
        target = logits.argmax(1) if labels is None else labels[start : start + batch_size]
        cotangent = logit_slope(loss_per_sample, target)(logits)
        scale = cotangent.abs().amax(1)
        product, square = pull_back(cotangent / torch.where(scale > 0, scale, 1)[:, None])
        norm = square.sqrt()
        cosine = product / (norm * lengths[:, None])
        cosines.append(torch.where(norm * scale > minimum_norm, cosine, torch.nan))
        norms.append(norm * scale)
        outputs.append(logits)
    return GradientProducts(torch.cat(cosines, 1), torch.cat(norms), torch.cat(outputs))


def per_sample_gradients(
    module: nn.Module, x: Tensor, labels: Tensor, loss_per_sample: Loss
) -> Tensor:
    """Return the gradients ∂ℓ(f_θ(x_s), y_s)/∂θ themselves, (n, p): for small data sets."""
    cotangent = logit_slope(loss_per_sample, labels)(module(x).detach())
    return vmap(_sample_gradient(module), chunk_size=128)(x, cotangent)


def _sample_gradient(module: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """Return (x (…), cotangent of its logits (C,)) ↦ gradient (p,)."""
    logits = functional_logits(module)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(module))

    def gradient(x: Tensor, cotangent: Tensor) -> Tensor:
        pull_back = vjp(lambda parameters: logits(parameters, x[None])[0], theta)[1]
        return torch.cat([part.flatten() for part in pull_back(cotangent)[0]])

    return gradient


def _mapped(module: nn.Module, directions: Tensor) -> Evaluate:
    gradient = _sample_gradient(module)

    def evaluate(x: Tensor) -> tuple[Tensor, PullBack]:
        def pull_back(cotangent: Tensor) -> tuple[Tensor, Tensor]:
            gradients = vmap(gradient, chunk_size=128)(x, cotangent)
            return directions @ gradients.T, gradients.square().sum(1)

        with torch.no_grad():
            return module(x), pull_back

    return evaluate
