"""Hessian-vector products in blocks, for any network and per-sample loss."""

from collections.abc import Callable
from contextlib import nullcontext
from math import inf

import torch
from torch import Tensor, nn
from torch.func import grad, jvp, vmap

from hessian_boundary.certificates.plain import PRODUCTS
from hessian_boundary.curvature.operators.linear_pieces import active_relus, with_active_relus
from hessian_boundary.networks.parameters import (
    functional_logits,
    split_parameters,
    trainable_parameters,
)
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import is_convolutional
from hessian_boundary.runtime.activations import fitting_batch
from hessian_boundary.runtime.progress import Progress

# Samples beside each other below which a product's time goes into arrays of the size of θ.
FEW_SAMPLES = 8


def fast_sizes(network: nn.Module) -> tuple[int, int]:
    """Return (samples of a mini-batch, vectors at a time) with which a product is fast.

    The larger, the fewer calls; but the maps of convolutions for many samples and vectors leave
    the processor's caches. Measured per product of the MNIST network with 450 samples: 511 ms
    with (1024, 32), 205 ms with (32, 8).
    """
    return (32, 8) if is_convolutional(network) else (1024, 32)


class Hessian:
    """H = ∂²/∂θ² (1/n) Σ_s ℓ(f_θ(x_s), y_s), as the map V (k, p) ↦ V H (k, p).

    Forward-over-reverse differentiation: a product is exact and costs about four gradients. Each
    mini-batch counts by its size, so the result does not depend on `batch_size` (bounding the
    memory for samples) nor on `chunk` (bounding it for vectors) beyond round-off. What is fast is
    the default (`fast_sizes`), with fewer vectors, then fewer samples, where that takes more than
    `memory` bytes. `pieces_of` is the same problem in another precision, whose linear pieces to
    keep to (`linear_pieces`), a byte for each ReLU at each sample.

    `products` counts the vectors multiplied so far. dtype and device are the network's.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        batch_size: int | None = None,
        chunk: int | None = None,
        memory: float = inf,
        pieces_of: Problem | None = None,
    ) -> None:
        network = problem.network
        logits = functional_logits(network)
        self._network = network
        self._parameters = tuple(p.detach() for p in trainable_parameters(network))
        self._samples = problem.samples
        if pieces_of:
            memory -= _mask_bytes(pieces_of)
        batch_size, self._chunk = _fitting_sizes(problem, batch_size, chunk, memory)
        self._batches = list(problem.batches(batch_size))
        self._active: list[list[Tensor]] = []
        if pieces_of:
            network = pieces_of.network
            self._active = [active_relus(network, x) for x in pieces_of.x.split(batch_size)]
        self._loss_sum = lambda theta, xb, yb: problem.loss(logits(theta, xb), yb).sum()
        self.dimension = problem.parameters
        self.dtype, self.device = self._parameters[0].dtype, self._parameters[0].device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p) with H."""
        self.products += len(block)
        total = torch.zeros_like(block)
        progress, done = Progress(PRODUCTS, self._samples * len(block)), 0
        for i, (xb, yb) in enumerate(self._batches):
            # derivatives are taken per parameter tensor: cutting θ inside the differentiated
            # function would make autograd add up zero-padded copies of the whole vector
            product = self._product(xb, yb)
            for rows, out in zip(block.split(self._chunk), total.split(self._chunk), strict=True):
                with with_active_relus(self._active[i]) if self._active else nullcontext():
                    parts = vmap(product)(*split_parameters(rows, self._network))
                out += torch.cat([part.reshape(len(rows), -1) for part in parts], dim=1)
                done += len(xb) * len(rows)
                progress.update(done)
        return total.div_(self._samples)

    def _product(self, xb: Tensor, yb: Tensor) -> Callable[..., tuple[Tensor, ...]]:
        """Return the product of one vector with the Hessian of the summed loss of a mini-batch."""
        gradient = grad(lambda theta: self._loss_sum(theta, xb, yb))
        return lambda *vector: jvp(gradient, (self._parameters,), (vector,))[1]


def _mask_bytes(problem: Problem) -> int:
    """Return what it takes to note which ReLUs are on, at all samples."""
    return problem.samples * sum(map(torch.numel, active_relus(problem.network, problem.x[:1])))


def _fitting_sizes(
    problem: Problem, batch_size: int | None, chunk: int | None, memory: float
) -> tuple[int, int]:
    """Return (samples of a mini-batch, vectors at a time): those given, or fast and fitting."""
    fast_batch, fast_chunk = fast_sizes(problem.network)
    vectors, few = chunk or fast_chunk, min(FEW_SAMPLES, problem.samples)
    while True:
        fitting = fitting_batch(problem.network, problem.x, fast_batch, vectors, memory)
        if batch_size or chunk or fitting >= few or vectors == 1:
            return batch_size or fitting, vectors
        vectors //= 2
