"""∂²ℓ/∂f² of each sample as a sum of dyads, and its gradient as a combination of them.

The Gauss-Newton part of the Hessian is F = (1/n) Σ_s J_sᵀ S_s J_s with S_s = ∂²ℓ_s/∂f², which is
diag q_s − q_s q_sᵀ for the cross-entropy and 2/C for the squared error, times Σ_c α_sc or w_{y_s}
where classes have weights. A sample that is classified
with confidence adds to the F of the cross-entropy about its softmax weight, 1e-100 for some, and as
a matrix F has lost that part. So F is kept as a sum

    F = Σ_k a_k a_kᵀ,    a_sc = t_sc J_sᵀ u_sc,

of vectors in parameter space: cotangents u_sc of the logits, of ordinary size, and scales t_sc that
differ by any number of orders of magnitude, each with full relative precision.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedCrossEntropy,
    WeightedSquaredError,
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


def dyads_of_a_sample(loss_per_sample: Loss, classes: int) -> int:
    """Return K: C for the squared error, C − 1 for the cross-entropy.

    Raises ValueError for another loss.
    """
    if loss_per_sample is squared_error_per_sample:
        return classes
    if loss_per_sample is cross_entropy_per_sample:
        return classes - 1
    if isinstance(loss_per_sample, WeightedSquaredError | WeightedCrossEntropy):
        return classes - isinstance(loss_per_sample, WeightedCrossEntropy)
    raise ValueError(
        "expected the cross-entropy or the squared error of each sample, found the function "
        f"{loss_per_sample}, whose Gauss-Newton part is not known; pass loss='cross_entropy', "
        "loss='squared_error', or torch.nn.CrossEntropyLoss(reduction='none') with its class "
        "weights and label smoothing; any function will do with matrix='hessian'"
    )


def logit_factor(loss_per_sample: Loss, logits: Tensor, labels: Tensor) -> LogitFactor:
    """Return the dyads of the mean of a loss over logits (n, C) with true labels (n,).

    Squared error: K = C, u_c = e_c, t = √(2/C) / √n. Cross-entropy: K = C−1, one for each class
    c ≠ k, where k is the predicted class (F depends on the true one by its weight only),
    u_c = e_c − e_k − Σ_c' q_c' (e_c' − e_k) / (1 + √q_k) with the softmax weights q, t = √q_c / √n.
    The scales have full relative precision as long as √q_c is a number, for weights down to 1e-600:
    with q_k ≥ 1/C nothing cancels. With weights, t² has the factor Σ_c α_c of the true label, and
    the gradient is that of the loss with the predicted one as label.

    Raises ValueError for another loss, as `dyads_of_a_sample`.
    """
    dyads_of_a_sample(loss_per_sample, logits.shape[1])
    if isinstance(loss_per_sample, WeightedCrossEntropy):
        return _weighted_cross_entropy(loss_per_sample, logits, labels)
    if isinstance(loss_per_sample, WeightedSquaredError):
        return _weighted_squared_error(loss_per_sample, logits, labels)
    squared = loss_per_sample is squared_error_per_sample
    return _squared_error(logits) if squared else _cross_entropy(logits)


def _cross_entropy(logits: Tensor) -> LogitFactor:
    samples, classes = logits.shape
    predicted, others = logits.argmax(1), _other_classes(logits)
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


def _weighted_cross_entropy(
    loss: WeightedCrossEntropy, logits: Tensor, labels: Tensor
) -> LogitFactor:
    """Scale the dyads of the plain one; the gradient is another combination of them.

    ∂ℓ/∂f = Σ_c b_c (e_c − e_k) with b_c = A q_c − α_c, where α belongs to the predicted label and
    A = Σ_c α_c. It is Σ_c z_c u_c with z_c = b_c + (Σ_c' b_c') q_c / (√q_k (1 + √q_k)).
    """
    plain = _cross_entropy(logits)
    scales = plain.scales * loss.shares(logits, labels).sum(1).sqrt()[:, None]
    shares = loss.shares(logits, plain.predicted)
    total = shares.sum(1)
    if not loss.label_smoothing:  # b = A q keeps every digit of weights that are tiny
        return replace(plain, scales=scales, logarithms=plain.logarithms + total.log())
    weights, others = torch.softmax(logits, dim=1), _other_classes(logits)
    q, root = weights.gather(1, others), weights.gather(1, plain.predicted[:, None]).sqrt()
    b = total[:, None] * q - shares.gather(1, others)
    z = b + b.sum(1, keepdim=True) * q / (root * (1 + root))
    return _with_gradients(replace(plain, scales=scales), z)


def _weighted_squared_error(
    loss: WeightedSquaredError, logits: Tensor, labels: Tensor
) -> LogitFactor:
    plain = _squared_error(logits)
    weights = torch.tensor(loss.class_weights, dtype=logits.dtype, device=logits.device)
    scales = plain.scales * weights[labels, None].sqrt()
    slope = 2 / logits.shape[1] * (logits - loss.targets(logits, plain.predicted))
    slope *= weights[plain.predicted, None]
    return _with_gradients(replace(plain, scales=scales), slope)


def _with_gradients(factor: LogitFactor, combination: Tensor) -> LogitFactor:
    """Put Σ_c z_sc u_sc with z (n, K) in the place of the gradients."""
    largest = combination.abs().amax(1)
    scaled = combination / torch.where(largest > 0, largest, 1)[:, None]
    return replace(factor, gradients=scaled, logarithms=largest.log())


def _other_classes(logits: Tensor) -> Tensor:
    """Return the C−1 classes (n, C−1) that are not predicted from logits (n, C)."""
    predicted = logits.argmax(1)[:, None]
    return (predicted + torch.arange(1, logits.shape[1], device=logits.device)) % logits.shape[1]


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
