"""The trace of the Hessian from a source that uses no Hessian-vector product."""

from collections.abc import Callable
from math import inf

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from hessian_boundary.curvature.operators.logit_kernels import kernel_numbers, layer_kernels
from hessian_boundary.losses.derivatives import logit_curvature
from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_factored, why_not_traced_by_samples
from hessian_boundary.runtime.progress import Progress

# Arrays of the size of a batch's Jacobians that are there at once.
JACOBIANS = 3
BATCH_BYTES = 2**28  # of a batch of samples, if one does not take more: a check may not fill memory

# samples (b, feature…) -> J_s J_sᵀ (b, C, C), logits (b, C)
Kernels = Callable[[Tensor], tuple[Tensor, Tensor]]


def trace_by_samples(
    problem: Problem, *, batch_size: int = 32, memory_limit: float = inf
) -> float | None:
    """Return tr H of the mean loss from J_s J_sᵀ of each sample, or None where that is not exact.

    tr H = (1/n) Σ_s tr(S_s J_s J_sᵀ) + (1/n) Σ_s Σ_c (∂ℓ/∂f_c) tr(∂²f_c/∂θ²), with J_s = ∂f/∂θ
    (C, p) and S_s = ∂²ℓ/∂f² (C, C). The second sum is zero for networks that are linear in each
    single parameter (dense and convolution layers, ReLU, pooling); for others None is returned, and
    where one sample takes more than `memory_limit` bytes (`sample_bytes`).
    """
    network = problem.network
    if why_not_traced_by_samples(network):
        return None
    needed = sample_bytes(problem)
    if memory_limit < needed:
        return None
    batch_size = int(min(batch_size, memory_limit / needed, max(1, BATCH_BYTES / needed)))
    kernels = _jacobian_kernels(problem) if why_not_factored(network) else _layered(problem)
    total, done = 0.0, 0
    progress = Progress("trace by samples: sample", problem.samples)
    for x, y in problem.batches(batch_size):
        kernel, logits = kernels(x)
        total += float((logit_curvature(problem.loss, logits, y) * kernel).sum())
        done += len(x)
        progress.update(done)
    return total / problem.samples


def sample_bytes(problem: Problem) -> int:
    """Return what one sample takes: its layers' inputs and output derivatives, or its Jacobian."""
    if why_not_factored(problem.network):
        numbers = JACOBIANS * problem.classes * problem.parameters
    else:
        numbers = kernel_numbers(problem.network, problem.x[:1], problem.classes)
    return numbers * problem.dtype.itemsize


def _layered(problem: Problem) -> Kernels:
    return lambda x: layer_kernels(problem.network, x)


def _jacobian_kernels(problem: Problem) -> Kernels:
    logits = functional_logits(problem.network)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(problem.network))

    def of_sample(sample: Tensor) -> Tensor:
        def output(parameters: tuple[Tensor, ...]) -> Tensor:
            return logits(parameters, sample[None])[0]

        jacobian = torch.cat([part.reshape(len(part), -1) for part in jacrev(output)(theta)], dim=1)
        return jacobian @ jacobian.T

    return lambda x: (vmap(of_sample)(x), problem.network(x.clone()).detach())
