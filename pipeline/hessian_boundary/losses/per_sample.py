"""Losses, once as training uses them and once per sample without cancellation.

The second form is what curvature and gradients are computed from. For the cross-entropy it is

    ℓ(x, y) = softplus(m),    m = log Σ_{c≠y} exp(f_c − f_y),

mathematically −log softmax(f)_y. Written this way, autograd forms ∂ℓ/∂f from σ(m), which keeps its
full relative precision when the sample is classified with confidence; the textbook form computes
softmax(f)_y − 1 and loses every digit below 1e-16. Gradients of such samples are tiny, but the
alignment divides by their norm, so their direction matters (docs/methods/gradients.md).

With label smoothing ε and class weights w see `WeightedCrossEntropy` and `WeightedSquaredError`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class WeightedCrossEntropy:
    """The cross-entropy of each sample with label smoothing ε and a weight w_c for each class.

    ℓ(f, y) = Σ_c α_c (−log softmax(f)_c),   α_c = (1 − ε) w_y 1[c = y] + ε w_c / C,

    as torch.nn.CrossEntropyLoss has it with reduction "none". It is computed as
    (Σ_c α_c) ℓ_k + Σ_{c≠k} α_c (f_k − f_c), where k is the predicted class and ℓ_k the
    cross-entropy with it as label: its second derivative keeps its digits for any sample.
    """

    label_smoothing: float
    class_weights: tuple[float, ...]  # one for each class

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss (n,) of logits (n, C) and labels (n,)."""
        predicted = logits.argmax(1)[:, None]
        shares = self.shares(logits, labels)
        others = shares.scatter(1, predicted, 0)  # at k, α − α would round the gradient off
        gaps = (others * (logits.gather(1, predicted) - logits)).sum(1)
        return shares.sum(1) * cross_entropy_per_sample(logits, predicted[:, 0]) + gaps

    def shares(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return α (n, C) for labels (n,), like logits (n, C) in dtype and device."""
        weights = _weights(self.class_weights, logits)
        one_hot = F.one_hot(labels, len(weights)).to(logits)
        return (
            (1 - self.label_smoothing) * one_hot + self.label_smoothing / len(weights)
        ) * weights

    def textbook(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the same (n,) as PyTorch writes it."""
        weights, smoothing = _weights(self.class_weights, logits), self.label_smoothing
        return F.cross_entropy(logits, labels, weights, label_smoothing=smoothing, reduction="none")

    def trained(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return PyTorch's mean: Σ_s ℓ_s / Σ_s w_{y_s}, a number."""
        weights = _weights(self.class_weights, logits)
        return F.cross_entropy(logits, labels, weights, label_smoothing=self.label_smoothing)


@dataclass(frozen=True)
class WeightedSquaredError:
    """w_y (1/C) Σ_c (f_c − t_c)² of each sample, with targets t_c = (1 − ε) 1[c = y] + ε / C."""

    label_smoothing: float
    class_weights: tuple[float, ...]  # one for each class

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss (n,) of logits (n, C) and labels (n,)."""
        weights = _weights(self.class_weights, logits)
        return weights[labels] * (logits - self.targets(logits, labels)).square().mean(1)

    def targets(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return t (n, C) for labels (n,)."""
        one_hot = F.one_hot(labels, logits.shape[1]).to(logits)
        return (1 - self.label_smoothing) * one_hot + self.label_smoothing / logits.shape[1]

    def trained(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return Σ_s ℓ_s / Σ_s w_{y_s}, a number."""
        return self(logits, labels).sum() / _weights(self.class_weights, logits)[labels].sum()


def _weights(class_weights: Sequence[float], logits: Tensor) -> Tensor:
    return torch.tensor(class_weights, dtype=logits.dtype, device=logits.device)


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
Weighted = WeightedCrossEntropy | WeightedSquaredError
WEIGHTED: dict[str, Callable[[float, tuple[float, ...]], Weighted]] = {
    "cross_entropy": WeightedCrossEntropy,
    "negative_log_likelihood": WeightedCrossEntropy,
    "squared_error": WeightedSquaredError,
}


def trained_loss(name: str, label_smoothing: float, class_weights: Sequence[float]) -> Loss:
    """Return the mean loss of a mini-batch, as it is minimised; no `class_weights` are none."""
    return (
        WEIGHTED[name](label_smoothing, tuple(class_weights)).trained
        if class_weights
        else TRAINING[name]
    )


def loss_per_sample(
    name: str, label_smoothing: float, class_weights: Sequence[float], labels: Tensor
) -> Loss:
    """Return the loss of each sample whose mean over `labels` (n,) is `trained_loss`.

    PyTorch's mean divides by the sum of the samples' class weights. So the weights are divided by
    their mean over the samples: (1/n) Σ_s w_{y_s} = 1.
    """
    if not class_weights:
        return PER_SAMPLE[name]
    mean = float(torch.tensor(class_weights, dtype=torch.float64)[labels.cpu()].mean())
    scaled = tuple(weight / mean for weight in class_weights)
    return WEIGHTED[name](label_smoothing, scaled)
