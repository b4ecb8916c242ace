"""∂²ℓ/∂f² of each sample as a sum of dyads, and its gradient as a combination of them.

The Gauss-Newton part of the Hessian is F = (1/n) Σ_s J_sᵀ S_s J_s with S_s = ∂²ℓ_s/∂f², which is
diag q_s − q_s q_sᵀ for the cross-entropy and 2/C for the squared error. A sample that is classified
with confidence adds to the F of the cross-entropy about its softmax weight, 1e-100 for some, and as
a matrix F has lost that part. So F is kept as a sum

    F = Σ_k a_k a_kᵀ,    a_sc = t_sc J_sᵀ u_sc,

of vectors in parameter space: cotangents u_sc of the logits, of ordinary size, and scales t_sc that
differ by any number of orders of magnitude, each with full relative precision.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hessian_boundary.networks.losses import (
    Loss,
    cross_entropy_per_sample,
    squared_error_per_sample,
)


@dataclass(frozen=True)
class LogitFactor:
    """K dyads of each of n samples: F = Σ_sc t_sc² (J_sᵀ u_sc) (J_sᵀ u_sc)ᵀ.

    The gradient of a sample's loss at its predicted label is exp(η_s) Σ_c z_sc J_sᵀ u_sc.
    """

    cotangents: Tensor  # (n, K, C) u
    scales: Tensor  # (n, K) t
    gradients: Tensor  # (n, K) z, the largest of a sample has size 1
    logarithms: Tensor  # (n,) η, −inf where the gradient is zero
    predicted: Tensor  # (n,) the labels

    @property
    def rows(self) -> int:
        """m, the number of dyads."""
        return self.scales.numel()


def logit_factor(loss_per_sample: Loss, logits: Tensor) -> LogitFactor:
    """Return the dyads of the mean of a loss over logits (n, C).

    Squared error: K = C, u_c = e_c, t = √(2/C) / √n. Cross-entropy: K = C−1, one for each class
    c ≠ k, where k is the predicted class (F does not depend on the true one),
    u_c = e_c − e_k − Σ_c' q_c' (e_c' − e_k) / (1 + √q_k) with the softmax weights q, t = √q_c / √n.
    The scales have full relative precision as long as √q_c is a number, for weights down to 1e-600:
    with q_k ≥ 1/C nothing cancels.

    Raises ValueError for another loss.
    """
    if loss_per_sample is cross_entropy_per_sample:
        return _cross_entropy(logits)
    if loss_per_sample is squared_error_per_sample:
        return _squared_error(logits)
    raise ValueError(
        f"expected the cross-entropy or the squared error of each sample, found {loss_per_sample}; "
        "write the square root of its ∂²ℓ/∂f² beside theirs"
    )


def _cross_entropy(logits: Tensor) -> LogitFactor:
    samples, classes = logits.shape
    predicted = logits.argmax(1)
    others = (predicted[:, None] + torch.arange(1, classes, device=logits.device)) % classes
    log_weights = torch.log_softmax(logits, dim=1)
    log_q = log_weights.gather(1, others)
    log_q_predicted = log_weights.gather(1, predicted[:, None])
    units = torch.eye(classes).to(logits)
    margins = units[others] - units[predicted][:, None]  # (n, C−1, C): e_c − e_k
    centre = torch.einsum("sc,scj->sj", log_q.exp(), margins) / (1 + (log_q_predicted / 2).exp())
    # ∂ℓ/∂f = Σ_c q_c (e_c − e_k) = Σ_c q_c u_c / √q_k
    log_z = log_q - log_q_predicted / 2
    largest = log_z.amax(1)
    return LogitFactor(
        cotangents=margins - centre[:, None],
        scales=(log_q / 2).exp() / samples**0.5,
        gradients=(log_z - largest[:, None]).exp(),
        logarithms=largest,
        predicted=predicted,
    )


def _squared_error(logits: Tensor) -> LogitFactor:
    samples, classes = logits.shape
    predicted = logits.argmax(1)
    slope = 2 / classes * (logits - F.one_hot(predicted, classes))
    largest = slope.abs().amax(1)
    return LogitFactor(
        cotangents=torch.eye(classes).to(logits).expand(samples, classes, classes),
        scales=torch.full_like(logits, (2 / (classes * samples)) ** 0.5),
        gradients=slope / torch.where(largest > 0, largest, 1)[:, None],
        logarithms=largest.log(),
        predicted=predicted,
    )
