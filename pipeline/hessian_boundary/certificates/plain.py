"""Derivatives by plain reverse-mode automatic differentiation of the network itself.

No functional copy of the network, no vectorisation, no forward mode: slow, and independent of
every fast path. It is what the fast ones are compared with, and what takes their place.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.parameters import split_parameters, trainable_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.activations import fitting_batch
from hessian_boundary.runtime.progress import Progress
from hessian_boundary.runtime.replaced_functions import ReplacedFunctions

BATCH = 256
MEMORY = 5e8  # bytes for the activations of a batch, about
PRODUCTS = "Hessian-vector products, samples times vectors"  # of a block that takes long


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    return v * (g / torch.norm_except_dim(v, 2, dim))


def _hardsigmoid(x: Tensor, inplace: bool = False) -> Tensor:
    return F.relu6(x + 3) / 6


# Operations that PyTorch 2.13 lacks the second derivative of, or has wrong ones of: the second of
# weight_norm, and the first of hardsigmoid, which is 1/6 as float32 holds it also in float64.
BY_OTHER_OPERATIONS: dict[Callable[..., Any], Callable[..., Tensor]] = {
    torch._weight_norm: _weight_norm,
    F.hardsigmoid: _hardsigmoid,
}


@contextmanager
def differentiable() -> Iterator[None]:
    """Let what is evaluated inside be computed by operations whose derivatives are right."""
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), ReplacedFunctions(BY_OTHER_OPERATIONS):
        yield


def plain_gradient(network: nn.Module, x: Tensor, label: Tensor, loss: Loss) -> Tensor:
    """Return ∂ℓ(f_θ(x), y)/∂θ (p,) of one sample x (feature…) with a label ()."""
    with differentiable():
        value = loss(network(x[None].clone()), label[None]).sum()
        parts = torch.autograd.grad(value, trainable_parameters(network), materialize_grads=True)
    return torch.cat([part.reshape(-1) for part in parts])


def plain_products(problem: Problem, block: Tensor, batch_size: int = BATCH) -> Tensor:
    """Return the products (k, p) of the rows of `block` (k, p) with the Hessian of the mean loss.

    The gradient is differentiated a second time, once for each vector; for fewer samples than
    `batch_size` at a time where their activations are many.
    """
    batch_size = fitting_batch(problem.network, problem.x, batch_size, 1, MEMORY)
    parameters = trainable_parameters(problem.network)
    total = torch.zeros_like(block)
    progress, done = Progress(PRODUCTS, len(block) * problem.samples), 0
    for x, y in problem.batches(batch_size):
        with differentiable():
            value = problem.loss(problem.network(x.clone()), y).sum()
            slope = torch.autograd.grad(
                value, parameters, create_graph=True, materialize_grads=True
            )
            for row, out in zip(block, total, strict=True):
                out += _second_derivative(slope, parameters, split_parameters(row, problem.network))
                done += len(x)
                progress.update(done)
    return total.div_(problem.samples)


def _second_derivative(
    slope: tuple[Tensor, ...], parameters: list[nn.Parameter], vector: tuple[Tensor, ...]
) -> Tensor:
    curved = [(s, v) for s, v in zip(slope, vector, strict=True) if s.requires_grad]
    if not curved:  # the loss is linear in the parameters
        return torch.cat([torch.zeros_like(v).reshape(-1) for v in vector])
    outputs, parts_of_vector = zip(*curved, strict=True)
    # memory of their own: the derivative by a complex number that is made of two parameters asks
    # for a place that numbers of twice the size could have
    directions = [part.clone() for part in parts_of_vector]
    parts = torch.autograd.grad(
        outputs, parameters, directions, retain_graph=True, materialize_grads=True
    )
    return torch.cat([part.reshape(-1) for part in parts])
