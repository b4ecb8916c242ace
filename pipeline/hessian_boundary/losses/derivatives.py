"""First and second derivatives of the loss with respect to the logits, sample by sample."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, jvp, vmap

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.runtime.device import is_out_of_memory


def logit_slope(loss_per_sample: Loss, labels: Tensor) -> Callable[[Tensor], Tensor]:
    """Return logits (n, C) ↦ ∂ℓ_s/∂f_c (n, C) for labels (n,), by a plain backward pass."""
    return lambda logits: _plain_slope(loss_per_sample, _leaf(logits), labels)


def logit_curvature(loss_per_sample: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Return S (n, C, C), S_s = ∂²ℓ_s/∂f², for logits (n, C) and labels (n,).

    One class direction at a time for all samples: some losses cannot be mapped over labels. Of one
    that cannot be differentiated forward, such as by an autograd.Function of one's own, the slope
    is differentiated backward.
    """
    try:
        return _mapped_curvature(loss_per_sample, logits.detach(), labels)
    except Exception as error:  # whatever a loss of the user's does under forward differentiation
        if is_out_of_memory(error):
            raise
        return _plain_curvature(loss_per_sample, _leaf(logits), labels)


def _mapped_curvature(loss_per_sample: Loss, values: Tensor, labels: Tensor) -> Tensor:
    slope = grad(lambda logits: loss_per_sample(logits, labels).sum())
    units = torch.eye(values.shape[1]).to(values)[:, None].expand(-1, *values.shape)
    return vmap(lambda unit: jvp(slope, (values,), (unit,))[1], out_dims=1)(units)


def _plain_curvature(loss_per_sample: Loss, leaf: Tensor, labels: Tensor) -> Tensor:
    slope = _plain_slope(loss_per_sample, leaf, labels, differentiable=True)
    if not slope.requires_grad:  # of a loss that is linear in the logits
        return slope.new_zeros(*slope.shape, slope.shape[1])
    rows = [
        torch.autograd.grad(entry.sum(), leaf, retain_graph=True)[0] for entry in slope.unbind(1)
    ]
    return torch.stack(rows, dim=1)


def _plain_slope(
    loss_per_sample: Loss, leaf: Tensor, labels: Tensor, *, differentiable: bool = False
) -> Tensor:
    with torch.enable_grad():
        total = loss_per_sample(leaf, labels).sum()
        return torch.autograd.grad(total, leaf, create_graph=differentiable)[0]


def _leaf(logits: Tensor) -> Tensor:
    return logits.detach().requires_grad_()
