"""Losses, once as training uses them and once per sample without cancellation.

The second form is what curvature and gradients are computed from. For the cross-entropy it is

    ℓ(x, y) = softplus(m),    m = log Σ_{c≠y} exp(f_c − f_y),

mathematically −log softmax(f)_y. Written this way, autograd forms ∂ℓ/∂f from σ(m), which keeps its
full relative precision when the sample is classified with confidence; the textbook form computes
softmax(f)_y − 1 and loses every digit below 1e-16. Gradients of such samples are tiny, but the
alignment divides by their norm, so their direction matters (docs/methods/gradients.md).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy_per_sample(logits: Tensor, labels: Tensor) -> Tensor:
    """Return softplus(log Σ_{c≠y} exp(f_c − f_y)) for logits (n, C), labels (n,): shape (n,)."""
    classes = logits.shape[1]
    # the indices of the C−1 other classes; masking with −inf would give NaN second derivatives
    shifts = torch.arange(1, classes, device=logits.device)
    others = (labels[:, None] + shifts) % classes
    margins = logits.gather(1, others) - logits.gather(1, labels[:, None])
    # F.softplus turns linear above a threshold of 20, where its second derivative would vanish
    return F.softplus(torch.logsumexp(margins, dim=1), threshold=700)


def cross_entropy_by_prediction(logits: Tensor, labels: Tensor) -> Tensor:
    """Return ℓ(f, k) + f_k − f_y, k the predicted class: shape (n,).

    It is the same function as `cross_entropy_per_sample`, and so is its second derivative, which
    does not depend on the label. There it is formed from σ(m) (1 − σ(m)), which has no digits left
    where m is large: where a sample is wrong with confidence. Here it keeps them for any sample.
    """
    predicted = logits.argmax(1)
    gap = logits.gather(1, predicted[:, None]) - logits.gather(1, labels[:, None])
    # where the prediction is right, 1 − 1 would round the gradient off
    gap = torch.where(predicted == labels, 0, gap[:, 0])
    return cross_entropy_per_sample(logits, predicted) + gap


def squared_error_per_sample(logits: Tensor, labels: Tensor) -> Tensor:
    """Return (1/C) Σ_c (f_c − 1[c = y])² for logits (n, C), labels (n,): shape (n,)."""
    target = F.one_hot(labels, logits.shape[1]).to(logits)
    return (logits - target).square().mean(1)


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """Return NLLLoss after log-softmax: the same function as the cross-entropy (Figure 12)."""
    return F.nll_loss(F.log_softmax(logits, dim=1), labels)


def squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared error against one-hot labels, averaged over classes and samples."""
    return squared_error_per_sample(logits, labels).mean()


# loss of each sample -> the same one in a form whose second derivative keeps its digits
KEEPING_DIGITS: dict[Loss, Loss] = {cross_entropy_per_sample: cross_entropy_by_prediction}
# name in the configuration -> loss of a mini-batch, as training minimises it
TRAINING: dict[str, Loss] = {
    "cross_entropy": F.cross_entropy,
    "negative_log_likelihood": negative_log_likelihood,
    "squared_error": squared_error,
}
# name in the configuration -> loss of each sample, as curvature and gradients are taken of it
PER_SAMPLE: dict[str, Loss] = {
    "cross_entropy": cross_entropy_per_sample,
    "negative_log_likelihood": cross_entropy_per_sample,
    "squared_error": squared_error_per_sample,
}
