"""Per-sample gradients written out, for many samples at once or one after the other."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import vjp, vmap

from hessian_boundary.certificates.certificate import TOLERANCE, spread
from hessian_boundary.certificates.gradients import CHECKED
from hessian_boundary.certificates.plain import differentiable
from hessian_boundary.gradients.factored import Evaluate, PullBack
from hessian_boundary.losses.derivatives import logit_slope
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.runtime.device import is_out_of_memory
from hessian_boundary.runtime.progress import at_work

CHUNK = 128  # samples at once, or fewer where so many gradients take more than
CHUNK_BYTES = 2**28

# inputs (n, …), cotangents of their logits (n, C) -> gradients (n, p)
SampleGradients = Callable[[Tensor, Tensor], Tensor]


def per_sample_gradients(network: nn.Module, x: Tensor, labels: Tensor, loss: Loss) -> Tensor:
    """Return the gradients ∂ℓ(f_θ(x_s), y_s)/∂θ themselves, (n, p): for small data sets.

    Many samples at once, where a few of them agree with one plain backward pass each.
    """
    with torch.no_grad():
        logits = network(x.clone())
    cotangent = logit_slope(loss, labels)(logits)
    probes = spread(len(x), CHECKED)
    looped = looped_gradients(network)
    expected = looped(x[probes], cotangent[probes])
    mapped = mapped_gradients(network)
    try:
        error = _largest_error(mapped(x[probes], cotangent[probes]), expected)
    except Exception as failure:  # whatever a network of the user's does under vectorisation
        if is_out_of_memory(failure):
            raise
        error = float("inf")
    with at_work("per-sample gradients"):
        return (mapped if error <= TOLERANCE[expected.dtype] else looped)(x, cotangent)


def whole_products(network: nn.Module, directions: Tensor, *, vectorised: bool) -> Evaluate:
    """Return x ↦ (logits, pull-back) for directions (k, p), through gradients written out.

    Few gradients are there at once where p is large.
    """
    gradients = mapped_gradients(network) if vectorised else looped_gradients(network)

    def evaluate(x: Tensor) -> tuple[Tensor, PullBack]:
        def pull_back(cotangent: Tensor) -> tuple[Tensor, Tensor]:
            size = _chunk(directions.shape[1], cotangent)
            parts = []
            for inputs, slopes in zip(x.split(size), cotangent.split(size), strict=True):
                rows = gradients(inputs, slopes)
                parts.append((directions @ rows.T, torch.linalg.vecdot(rows, rows)))
            products, squares = zip(*parts, strict=True)
            return torch.cat(products, 1), torch.cat(squares)

        with torch.no_grad():
            return network(x.clone()).detach(), pull_back

    return evaluate


def mapped_gradients(network: nn.Module) -> SampleGradients:
    """Return (x, cotangents) ↦ gradients (n, p), vectorised over samples."""
    logits = functional_logits(network)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(network))

    def gradient(x: Tensor, cotangent: Tensor) -> Tensor:
        pull_back = vjp(lambda parameters: logits(parameters, x[None])[0], theta)[1]
        return torch.cat([part.flatten() for part in pull_back(cotangent)[0]])

    def gradients(x: Tensor, cotangents: Tensor) -> Tensor:
        size = _chunk(sum(map(torch.numel, theta)), cotangents)
        with differentiable():
            return vmap(gradient, chunk_size=size)(x, cotangents)

    return gradients


def _chunk(parameters: int, like: Tensor) -> int:
    """Return how many gradients to have at once, in numbers of the type of `like`."""
    return max(1, min(CHUNK, CHUNK_BYTES // (parameters * like.element_size())))


def looped_gradients(network: nn.Module) -> SampleGradients:
    """Return the same map by one plain backward pass for each sample."""
    parameters = trainable_parameters(network)

    def gradient(x: Tensor, cotangent: Tensor) -> Tensor:
        with differentiable():
            logits = network(x[None].clone())
            parts = torch.autograd.grad(logits, parameters, cotangent[None], materialize_grads=True)
        return torch.cat([part.flatten() for part in parts])

    return lambda x, cotangents: torch.stack(
        [gradient(*pair) for pair in zip(x, cotangents, strict=True)]
    )


def _largest_error(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference of entries, each row relative to its own largest entry."""
    sizes = expected.abs().amax(1)
    errors = (found - expected).abs().amax(1) / torch.where(sizes > 0, sizes, 1)
    return float("inf") if torch.isnan(errors).any() else float(errors.max())
