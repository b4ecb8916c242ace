"""The trace of the Hessian from a source that uses no Hessian-vector product."""

from math import inf

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from hessian_boundary.networks.loss_derivatives import logit_curvature
from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_traced_by_samples
from hessian_boundary.runtime.progress import Progress

# Arrays of the size of a batch's Jacobians that are there at once.
JACOBIANS = 3


def trace_by_samples(
    problem: Problem, *, batch_size: int = 32, memory_limit: float = inf
) -> float | None:
    """Return tr H of the mean loss from per-sample Jacobians, or None where that is not exact.

    tr H = (1/n) Σ_s tr(S_s J_s J_sᵀ) + (1/n) Σ_s Σ_c (∂ℓ/∂f_c) tr(∂²f_c/∂θ²), with J_s = ∂f/∂θ
    (C, p) and S_s = ∂²ℓ/∂f² (C, C). The second sum is zero for networks that are linear in each
    single parameter (dense and convolution layers, ReLU, pooling); for others None is returned, and
    where the Jacobian of one sample takes more than `memory_limit` bytes.
    """
    network = problem.network
    if why_not_traced_by_samples(network):
        return None
    jacobian_bytes = problem.classes * problem.parameters * problem.dtype.itemsize
    batch_size = int(min(batch_size, memory_limit / (JACOBIANS * jacobian_bytes)))
    if batch_size < 1:
        return None
    logits = functional_logits(network)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(network))

    def kernel(xs: Tensor) -> Tensor:
        def output(parameters: tuple[Tensor, ...]) -> Tensor:
            return logits(parameters, xs[None])[0]

        jacobian = torch.cat([part.reshape(len(part), -1) for part in jacrev(output)(theta)], dim=1)
        return jacobian @ jacobian.T

    total, done = 0.0, 0
    progress = Progress("trace by samples: sample", problem.samples)
    for x, y in problem.batches(batch_size):
        curvature = logit_curvature(problem.loss, network(x), y)
        total += float((curvature * vmap(kernel)(x)).sum())
        done += len(x)
        progress.update(done)
    return total / problem.samples
