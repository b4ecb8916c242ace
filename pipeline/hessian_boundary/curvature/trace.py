"""The trace of the Hessian from a source that uses no Hessian-vector product."""

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from hessian_boundary.networks.loss_derivatives import logit_curvature
from hessian_boundary.networks.losses import Loss
from hessian_boundary.networks.parameters import functional_logits
from hessian_boundary.networks.structure import why_not_traced_by_samples


def trace_by_samples(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss, *, batch_size: int = 32
) -> float | None:
    """Return tr H of the mean loss from per-sample Jacobians, or None where that is not exact.

    tr H = (1/n) Σ_s tr(S_s J_s J_sᵀ) + (1/n) Σ_s Σ_c (∂ℓ/∂f_c) tr(∂²f_c/∂θ²), with J_s = ∂f/∂θ
    (C, p) and S_s = ∂²ℓ/∂f² (C, C). The second sum is zero for networks that are linear in each
    single parameter (dense and convolution layers, ReLU, pooling); for others None is returned.
    """
    if why_not_traced_by_samples(module):
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
