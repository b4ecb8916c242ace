"""Products with the Jacobian of a network's logits, by plain automatic differentiation.

J (n C, p) has the blocks J_s = ∂f(x_s)/∂θ (C, p). A product costs some backward passes over all
samples, and nothing of J is formed. J v is the derivative of ⟨Jᵀ c, v⟩ with respect to c.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from hessian_boundary.certificates.plain import BATCH, MEMORY, differentiable
from hessian_boundary.networks.parameters import split_parameters, trainable_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.activations import fitting_batch
from hessian_boundary.runtime.progress import Progress

ALL = slice(None)


def pulled_back(problem: Problem, cotangents: Tensor, samples: slice = ALL) -> Tensor:
    """Return Σ_s J_sᵀ c_s (k, p) over `samples`, for cotangents c (k, n, C) of all."""
    parameters = trainable_parameters(problem.network)
    total = cotangents.new_zeros(len(cotangents), problem.parameters)
    label = "products with the transposed Jacobian: sample"
    for some, logits in _evaluated(problem, samples, label):
        for cotangent, out in zip(cotangents[:, samples][:, some], total, strict=True):
            parts = torch.autograd.grad(
                logits, parameters, cotangent, retain_graph=True, materialize_grads=True
            )
            out += torch.cat([part.flatten() for part in parts])
    return total


def pushed_forward(problem: Problem, vectors: Tensor, samples: slice = ALL) -> Tensor:
    """Return J_s v (k, s, C) of `samples`, for vectors v (k, p)."""
    parameters = trainable_parameters(problem.network)
    chosen = len(problem.x[samples])
    found = vectors.new_empty(len(vectors), chosen, problem.classes)
    for some, logits in _evaluated(problem, samples, "products with the Jacobian: sample"):
        cotangent = torch.zeros_like(logits, requires_grad=True)
        pulled = torch.autograd.grad(
            logits, parameters, cotangent, create_graph=True, materialize_grads=True
        )
        used = [part.requires_grad for part in pulled]
        moving = [part for part, u in zip(pulled, used, strict=True) if u]
        for vector, out in zip(vectors, found[:, some], strict=True):
            parts = split_parameters(vector, problem.network)
            along = [part for part, u in zip(parts, used, strict=True) if u]
            out.copy_(torch.autograd.grad(moving, cotangent, along, retain_graph=True)[0])
    return found


def _evaluated(problem: Problem, samples: slice, label: str) -> Iterator[tuple[slice, Tensor]]:
    """Yield some of the samples and their logits (b, C), with the graph that leads to them."""
    chosen = problem.x[samples]
    if not len(chosen):
        return
    size = fitting_batch(problem.network, chosen, BATCH, 1, MEMORY)
    progress, done = Progress(label, len(chosen)), 0
    for x in chosen.split(size):
        with differentiable():
            logits = problem.network(x.clone())
        yield slice(done, done + len(x)), logits
        done += len(x)
        progress.update(done)
