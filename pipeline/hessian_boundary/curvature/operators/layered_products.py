"""Hessian-vector products of a network of layers, by matrix products over whole blocks of vectors.

The derivative of a gradient along a direction dW (Pearlmutter 1994, Neural Comput. 6, 147), for
layers z_l[t] = W_l u_l[t] and stages that are linear near a sample (see `layer_steps`):

    forwards   dz_l = dW_l u_l + W_l du_l,            du_{l+1} = stage_l(dz_l),
    backwards  dδ_l = stage_lᵀ(W_{l+1}ᵀ dδ_{l+1} + dW_{l+1}ᵀ δ_{l+1}),
               (H dW)_l = Σ_s Σ_t dδ_l[t] u_l[t]ᵀ + δ_l[t] du_l[t]ᵀ,

from du_1 = 0 to ∂²ℓ/∂f² df behind the last stage; δ_l = ∂ℓ/∂z_l comes from one backward pass. All
that does not depend on dW is computed once and kept, as far as memory allows, and multiplies a
whole block of vectors at once.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from hessian_boundary.certificates.plain import PRODUCTS
from hessian_boundary.curvature.operators.hessian import fast_sizes
from hessian_boundary.curvature.operators.layer_steps import push_forward
from hessian_boundary.curvature.operators.layer_tangents import (
    input_gradient,
    layer_direction,
    layer_tangent,
    weight_gradient,
)
from hessian_boundary.curvature.operators.linearisation import Linearisation, linearised
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import Layer, sequence, why_not_layered
from hessian_boundary.runtime.activations import ARRAYS, LEAST
from hessian_boundary.runtime.progress import Progress

# Vectors at a time with which a product is fast: 0.50 ms of the network of gaussian (n = 150), and
# 0.60 with 32. What is kept is read once for all of them; more leave the processor's caches.
VECTORS = 8


class LayeredProducts:
    """The map V (k, p) ↦ V H (k, p) of `Hessian`, for layered networks (`why_not_layered`).

    `memory` (bytes) is for what is kept between calls, and for a mini-batch with the vectors of one
    call, half of it each. What cannot be kept is evaluated anew; mini-batches, and vectors at a
    time, are fewer where they take more. The parameters must not change meanwhile. `pieces_of` is
    the same problem in another precision, in which the samples' linear pieces are found.
    `products` counts the vectors multiplied so far. dtype and device are the network's.

    Raises ValueError when `structure.why_not_layered` has a reason.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        batch_size: int | None = None,
        chunk: int | None = None,
        memory: float = 1e9,
        pieces_of: Problem | None = None,
    ) -> None:
        if reason := why_not_layered(problem.network):
            raise ValueError(
                "expected a sequence of dense and convolution layers, ReLU and pooling, found that "
                f"{reason}; use `Hessian`"
            )
        self._problem, self._source, self._memory = problem, pieces_of or problem, memory / 2
        self._layers = [part for part in sequence(problem.network) if isinstance(part, Layer)]
        size, self._chunk = self._sizes(batch_size, chunk, max(memory, LEAST) / 2)
        self._batches = list(self._source.batches(size))
        self._kept: list[Linearisation] = []
        theta = parameter_vector(problem.network)
        self.dimension, self.dtype, self.device = len(theta), theta.dtype, theta.device
        self.products = 0

    @torch.no_grad()
    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p) with H."""
        self.products += len(block)
        total = torch.zeros_like(block)
        progress, done = Progress(PRODUCTS, self._problem.samples * len(block)), 0
        for batch in self._linearisations():
            for rows, out in zip(block.split(self._chunk), total.split(self._chunk), strict=True):
                for columns, part in _products(batch, rows):
                    out[:, columns] += part
                done += len(batch.curvature) * len(rows)
                progress.update(done)
        return total.div_(self._problem.samples)

    def _sizes(self, batch: int | None, chunk: int | None, memory: float) -> tuple[int, int]:
        """Return (samples of a mini-batch, vectors at a time): those given, or fast and fitting."""
        fast_batch, _ = fast_sizes(self._problem.network)
        vectors = chunk or VECTORS
        fast = min(batch or fast_batch, self._problem.samples)
        one = self._linearised(self._source.x[:1], self._source.y[:1])
        while True:
            needed = one.bytes + ARRAYS * vectors * sum(step.output.nbytes for step in one.steps)
            fitting = batch or max(1, int(min(fast, memory / needed)))
            if chunk or vectors == 1 or fitting >= fast:
                return fitting, vectors
            vectors //= 2

    def _linearisations(self) -> Iterator[Linearisation]:
        for index, (x, y) in enumerate(self._batches):
            if index < len(self._kept):
                yield self._kept[index]
                continue
            batch = self._linearised(x, y)
            self._memory -= batch.bytes
            if self._memory >= 0:
                self._kept.append(batch)
            yield batch

    def _linearised(self, x: Tensor, y: Tensor) -> Linearisation:
        found = linearised(self._source.network, self._problem.loss, x, y)
        return found.of_layers(self._layers)


def _products(batch: Linearisation, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield columns of the products (k, p) with the Hessian of a mini-batch's summed loss."""
    steps, deltas, curvature = batch
    directions = [layer_direction(step, rows) for step in steps]
    # before the first layer that the directions change, and in it, du is zero
    first = next((i for i, dW in enumerate(directions) if dW is not None), len(steps))
    outputs: list[Tensor] = []  # dz_l (n, k, out, …)
    inputs: list[Tensor] = []  # du_{l+1} (n, k, …), with the graph that leads to it from dz_l
    for i, (step, direction) in enumerate(zip(steps, directions, strict=True)):
        output = layer_tangent(step, len(rows), direction, inputs[-1] if i > first else None)
        with torch.enable_grad():
            outputs.append(output.requires_grad_())
            inputs.append(push_forward(step, output.unsqueeze(2)).squeeze(2))
    cotangent = torch.einsum("ncd,nkd->nkc", curvature, inputs[-1])
    for i in reversed(range(len(steps))):
        step, before = steps[i], inputs[i - 1] if i else None
        change = torch.autograd.grad(inputs[i], outputs[i], cotangent)[0]  # dδ_l
        gradient = weight_gradient(step, deltas[i], change, before if i > first else None)
        count = step.layer.weight[0].numel()
        yield step.weight, gradient[..., :count].flatten(1)
        yield step.bias, gradient[..., count:].flatten(1)
        if before is not None:
            cotangent = input_gradient(step, deltas[i], change, directions[i], before)
