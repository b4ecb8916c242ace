"""Networks that end in a softmax: their likelihood in a form that keeps short gradients.

The slope of −log p_y is −1 / p_y whatever the sample; that a confident sample's gradient is short
comes from 1 − p_y, which the backward pass of a softmax forms by a difference and rounds off.
"""

import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.losses.recognised import (
    MOST_CLASSES,
    by_values,
    examples,
    is_cross_entropy,
    is_known,
    on_cpu,
)
from hessian_boundary.runtime.device import is_out_of_memory

ROUND_OFF = 1e-10  # of log Σ exp of normalised outputs
# −log p between which a loss of probabilities is compared, and what a constant beside p changes
SURE, DOUBTFUL, CONSTANT = 0.01, 10.0, 1e-6
# what gives an output another shape or scale near 1, in its graph
BETWEEN = ("View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Permute", "TBackward",
           "Transpose", "Clamp", "Add", "Mul", "Alias", "Clone")  # fmt: skip


def of_normalised(loss: Loss, outputs: Tensor) -> Loss:
    """Return the cross-entropy in place of −w_y f_y, where outputs f (m, C) are log-probabilities.

    It is the same function of the parameters, since log Σ_c exp f_c = 0, and its slope is p − 1_y.
    `w` are weights of the classes, 1 of most losses.
    """
    classes = outputs.shape[1]
    if is_known(loss) or classes > MOST_CLASSES or outputs.logsumexp(1).abs().max() > ROUND_OFF:
        return loss
    local = on_cpu(loss)
    same = by_values(lambda f, y: local(f.log_softmax(1), y), *examples(classes))
    return same if same is not None and is_cross_entropy(same) else loss


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
    if _is_likelihood(loss, outputs.shape[1]):
        raise ValueError(
            "expected logits from the network, found a softmax at its end and −log p as the loss, "
            "which round off the gradients of confident samples; leave the softmax out, and take "
            "loss='cross_entropy'"
        )


def _is_likelihood(loss: Loss, classes: int) -> bool:
    """Tell whether a loss of probabilities p is −w_y log p_y, perhaps with a constant beside p."""
    if classes > MOST_CLASSES:
        return False
    logits, labels = examples(classes)
    p = logits.softmax(1)
    expected = -p.gather(1, labels[:, None])[:, 0].log()
    kept = (expected > SURE) & (expected < DOUBTFUL)
    p, labels, expected = p[kept], labels[kept], expected[kept]
    try:
        with torch.no_grad():
            ratios = on_cpu(loss)(p, labels) / expected
        weights = torch.stack([ratios[labels == label].mean() for label in range(classes)])
        return bool(((ratios - weights[labels]).abs() < CONSTANT).all())
    except Exception as error:  # whatever a function of the user's does with other outputs
        if is_out_of_memory(error):
            raise
        return False
