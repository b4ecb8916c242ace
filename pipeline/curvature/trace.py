"""The trace of the Hessian from a source that uses no Hessian-vector product."""

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from pipeline.curvature.logit_curvature import logit_curvature
from pipeline.losses import Loss
from pipeline.models import functional_logits, sequence, used_once

# Networks of these are linear in each single parameter, so ∂²f/∂θ_j² = 0.
LINEAR_IN_EACH_PARAMETER = (
    *(nn.Flatten, nn.Identity),
    *(nn.Linear, nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d),
)


def trace_by_samples(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss, *, batch_size: int = 32
) -> float | None:
    """Return tr H of the mean loss from per-sample Jacobians, or None where that is not exact.

    tr H = (1/n) Σ_s tr(S_s J_s J_sᵀ) + (1/n) Σ_s Σ_c (∂ℓ/∂f_c) tr(∂²f_c/∂θ²), with J_s = ∂f/∂θ
    (C, p) and S_s = ∂²ℓ/∂f² (C, C). The second sum is zero for networks that are linear in each
    single parameter (dense and convolution layers, ReLU, pooling); for others None is returned.
    """
    parts = sequence(module)
    if not all(isinstance(part, LINEAR_IN_EACH_PARAMETER) for part in parts):
        return None
    if not used_once(parts):
        return None
    logits = functional_logits(module)
    theta = tuple(parameter.detach() for parameter in module.parameters())

    def kernel(xs: Tensor) -> Tensor:
        def output(parameters: tuple[Tensor, ...]) -> Tensor:
            return logits(parameters, xs[None])[0]

        jacobian = torch.cat([part.flatten(1) for part in jacrev(output)(theta)], dim=1)
        return jacobian @ jacobian.T

    total = 0.0
    for xb, yb in zip(x.split(batch_size), y.split(batch_size), strict=True):
        curvature = logit_curvature(loss_per_sample, module(xb), yb)
        total += float((curvature * vmap(kernel)(xb)).sum())
    return total / len(y)
