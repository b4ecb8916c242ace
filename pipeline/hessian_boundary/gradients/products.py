"""Products of per-sample loss gradients with given directions, and their lengths.

Confident samples have gradients down to 1e-300: each sample's backward pass starts from
∂ℓ/∂f divided by its largest entry, and the length is multiplied back in at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from hessian_boundary.certificates.certificate import TOLERANCE, Certificate, spread
from hessian_boundary.certificates.gradients import CHECKED, certify_gradients, gradient_error
from hessian_boundary.gradients.factored import Evaluate, factored
from hessian_boundary.gradients.slope_noise import unresolved
from hessian_boundary.gradients.whole import whole_products
from hessian_boundary.losses.derivatives import logit_slope
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.structure import why_not_factored
from hessian_boundary.runtime.device import is_out_of_memory
from hessian_boundary.runtime.progress import Progress


@dataclass(frozen=True)
class GradientProducts:
    """Products of the per-sample gradients g_s with directions v_i, and their lengths."""

    cosine: Tensor  # (k, n) ⟨g_s, v_i⟩ / (‖g_s‖ ‖v_i‖), NaN where ‖g_s‖ is below the minimum
    norm: Tensor  # (n,) ‖g_s‖₂
    logits: Tensor  # (n, C)


@dataclass(frozen=True)
class GradientPath:
    """A way to products of gradients with fixed directions (k, p), and its certificate."""

    name: str  # "factored", "mapped" or "looped"
    evaluate: Evaluate
    certificate: Certificate


def gradient_products(
    network: nn.Module,
    x: Tensor,
    directions: Tensor,
    loss: Loss,
    *,
    labels: Tensor | None = None,
    minimum_norm: float,
    batch_size: int = 256,
    path: GradientPath | None = None,
) -> GradientProducts:
    """Align g_θ(x_s) = ∂ℓ(f_θ(x_s), y_s)/∂θ with directions (k, p): Eq. (1) and (2) of the paper.

    x is (n, feature…); without `labels` (n,) the predicted label is taken, as Eq. (1) says.
    `batch_size` bounds the memory and does not change the result. A gradient whose length is
    exactly zero or below `minimum_norm` has no direction, nor has one whose ∂ℓ/∂f is round-off
    (`slope_noise`): its cosine is NaN, its norm is reported. Without a `path`, `gradient_path`
    chooses.
    """
    path = path or gradient_path(network, x, directions, loss)
    parts = []
    progress = Progress("gradients and their products: sample", len(x))
    for start in range(0, len(x), batch_size):
        batch = slice(start, start + batch_size)
        target = None if labels is None else labels[batch]
        part = _products(path.evaluate, x[batch], directions, loss, target, minimum_norm)
        parts.append(_without_noise(part, loss, target))
        progress.update(start + len(part.norm))
    return GradientProducts(
        torch.cat([part.cosine for part in parts], 1),
        torch.cat([part.norm for part in parts]),
        torch.cat([part.logits for part in parts]),
    )


def gradient_path(network: nn.Module, x: Tensor, directions: Tensor, loss: Loss) -> GradientPath:
    """Return the fastest path that plain backward passes confirm at a few of the samples x.

    Networks of dense and convolution layers take one that forms no gradients, other networks one
    that forms them for many samples at once, and what cannot be vectorised one sample after the
    other.

    Raises CertificateError when no path gives what plain backward passes give.
    """
    few = x[spread(len(x), CHECKED)]
    for name, evaluate in _paths(network, directions):
        try:
            found = _products(evaluate, few, directions, loss, None, 0.0)
        except Exception as failure:  # whatever a network of the user's does under vectorisation
            if is_out_of_memory(failure):
                raise
            if name == "looped":
                raise
            continue
        labels = found.logits.argmax(1)
        error = gradient_error(network, few, labels, loss, directions, found.cosine, found.norm)
        if error <= TOLERANCE[directions.dtype] or name == "looped":
            return GradientPath(name, evaluate, certify_gradients(error, directions.dtype, name))
    raise AssertionError("one sample after the other is the last path and was tried")


def _without_noise(part: GradientProducts, loss: Loss, labels: Tensor | None) -> GradientProducts:
    noise = unresolved(loss, part.logits, part.logits.argmax(1) if labels is None else labels)
    return replace(part, cosine=torch.where(noise, torch.nan, part.cosine))


def _paths(network: nn.Module, directions: Tensor) -> Iterator[tuple[str, Evaluate]]:
    if not why_not_factored(network):
        yield "factored", factored(network, directions)
    yield "mapped", whole_products(network, directions, vectorised=True)
    yield "looped", whole_products(network, directions, vectorised=False)


def _products(
    evaluate: Evaluate,
    x: Tensor,
    directions: Tensor,
    loss: Loss,
    labels: Tensor | None,
    minimum_norm: float,
) -> GradientProducts:
    logits, pull_back = evaluate(x)
    target = logits.argmax(1) if labels is None else labels
    cotangent = logit_slope(loss, target)(logits)
    scale = cotangent.abs().amax(1)
    product, square = pull_back(cotangent / torch.where(scale > 0, scale, 1)[:, None])
    norm = square.sqrt()
    cosine = product / (norm * torch.linalg.vector_norm(directions, dim=1)[:, None])
    cosine = torch.where(norm * scale > minimum_norm, cosine, torch.nan)
    return GradientProducts(cosine, norm * scale, logits)
