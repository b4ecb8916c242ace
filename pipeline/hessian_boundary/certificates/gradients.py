"""Are lengths and alignments of gradients those of one plain backward pass for each sample?"""

import torch
from torch import Tensor, nn

from hessian_boundary.certificates.certificate import TOLERANCE, Certificate, certify, spread, worst
from hessian_boundary.certificates.plain import plain_gradient
from hessian_boundary.losses.per_sample import Loss

CHECKED = 3  # samples
# Below this length a float64 gradient is not a normal number any more and has no direction.
SHORTEST = 1e-300


def gradient_error(
    network: nn.Module,
    x: Tensor,
    labels: Tensor,
    loss: Loss,
    directions: Tensor,
    cosine: Tensor,
    norm: Tensor,
) -> float:
    """Return the largest error of lengths (relative) and of cosines among a few samples.

    x (n, feature…), labels (n,), directions (k, p), cosine (k, n), norm (n,). Samples without a
    direction (cosines NaN) are compared by their length, if that is no normal number; any other
    NaN is an infinite error.
    """
    errors = []
    lengths = torch.linalg.vector_norm(directions, dim=1)
    for sample in spread(len(x), CHECKED):
        gradient = plain_gradient(network, x[sample], labels[sample], loss)
        largest = gradient.abs().max()
        unit = gradient / largest.clamp(min=torch.finfo(gradient.dtype).tiny)
        length = torch.linalg.vector_norm(unit)
        expected, found = float(length * largest), float(norm[sample])
        errors.append(_relative(found, expected))
        known = ~torch.isnan(cosine[:, sample])
        if known.any() and expected:
            product = (directions @ unit / (length * lengths))[known]
            errors.append(float((product - cosine[known, sample]).abs().max()))
        elif expected > SHORTEST and len(directions):
            errors.append(float("inf"))
    return worst(errors)


def certify_gradients(error: float, dtype: torch.dtype, path: str) -> Certificate:
    """Hold the `gradient_error` of a path against the tolerance."""
    return certify(
        "lengths and alignments of gradients",
        error,
        TOLERANCE[dtype],
        "those of one backward pass for each sample",
        f"others by {path}",
        "a part of the network has derivatives that are not right: write it with PyTorch's own "
        "operations",
    )


def _relative(found: float, expected: float) -> float:
    # below the smallest normal number a length has no digits
    if max(found, expected) < SHORTEST:
        return 0.0
    return abs(found - expected) / expected if expected else float("inf")
