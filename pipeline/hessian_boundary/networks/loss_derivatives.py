"""First and second derivatives of the loss with respect to the logits, sample by sample."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, jvp, vmap

from hessian_boundary.networks.losses import Loss


def logit_slope(loss_per_sample: Loss, labels: Tensor) -> Callable[[Tensor], Tensor]:
    """Return logits (n, C) ↦ ∂ℓ_s/∂f_c (n, C) for labels (n,)."""
    return grad(lambda logits: loss_per_sample(logits, labels).sum())


def logit_curvature(loss_per_sample: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Return S (n, C, C), S_s = ∂²ℓ_s/∂f², for logits (n, C) and labels (n,).

    One class direction at a time for all samples: some losses cannot be mapped over labels.
    """
    slope, values = logit_slope(loss_per_sample, labels), logits.detach()
    units = torch.eye(values.shape[1]).to(values)[:, None].expand(-1, *values.shape)
    return vmap(lambda unit: jvp(slope, (values,), (unit,))[1], out_dims=1)(units)
