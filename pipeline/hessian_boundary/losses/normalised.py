"""Networks that end in a softmax: their likelihood in a form that keeps short gradients.

The slope of −log p_y is −1 / p_y whatever the sample; that a confident sample's gradient is short
comes from 1 − p_y, which the backward pass of a softmax forms by a difference and rounds off.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedCrossEntropy,
    cross_entropy_per_sample,
)
from hessian_boundary.losses.recognised import MOST_CLASSES, examples, is_known, on_cpu

ROUND_OFF = 1e-10  # of log Σ exp of normalised outputs
SURE, DOUBTFUL = 0.01, 10.0  # −log p between which losses are compared
SAME = 1e-6  # difference of weights that small constants beside p make
# what gives an output another shape or scale near 1, in its graph
BETWEEN = ("View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Permute", "TBackward",
           "Transpose", "Clamp", "Add", "Mul", "Alias", "Clone")  # fmt: skip


def of_normalised(loss: Loss, outputs: Tensor) -> Loss:
    """Return the cross-entropy in place of −w_y f_y, where outputs f (m, C) are log-probabilities.

    It is the same function of the parameters, since log Σ_c exp f_c = 0, and its slope is p − 1_y.
    `w` are weights of the classes, 1 of most losses.
    """
    if is_known(loss) or outputs.logsumexp(1).abs().max() > ROUND_OFF:
        return loss
    weights = _class_weights(loss, outputs.shape[1], lambda f: f)
    if weights is None:
        return loss
    return cross_entropy_per_sample if set(weights) == {1.0} else WeightedCrossEntropy(0.0, weights)


def check_not_a_softmax(network: nn.Module, x: Tensor, loss: Loss) -> None:
    """Refuse −log p_y of a network that ends in a softmax and gives probabilities p.

    Raises ValueError.
    """
    if is_known(loss):
        return
    with torch.enable_grad():
        outputs = network(x.clone())
    node = outputs.grad_fn
    while node is not None and node.name().startswith(BETWEEN):
        node = node.next_functions[0][0]
    if node is None or not node.name().startswith("SoftmaxBackward"):
        return
    if _class_weights(loss, outputs.shape[1], torch.exp) is not None:
        raise ValueError(
            "expected logits from the network, found a softmax at its end and −log p as the loss, "
            "which round off the gradients of confident samples; leave the softmax out, and take "
            "loss='cross_entropy'"
        )


def _class_weights(
    loss: Loss, classes: int, given: Callable[[Tensor], Tensor]
) -> tuple[float, ...] | None:
    """Return w where a loss of what is `given` for log-probabilities f is −w_y f_y, else None."""
    if classes > MOST_CLASSES:
        return None
    logits, labels = examples(classes)
    f = logits.log_softmax(1)
    expected = -f.gather(1, labels[:, None])[:, 0]
    kept = (expected > SURE) & (expected < DOUBTFUL)
    f, labels, expected = f[kept], labels[kept], expected[kept]
    try:
        with torch.no_grad():
            ratios = on_cpu(loss)(given(f), labels) / expected
        weights = torch.stack([ratios[labels == label].mean() for label in range(classes)])
        same = bool(((ratios - weights[labels]).abs() < SAME).all())
    except MemoryError:
        raise
    except Exception:  # whatever a function of the user's does with other outputs
        return None
    return tuple(round(weight, 8) for weight in weights.tolist()) if same else None
