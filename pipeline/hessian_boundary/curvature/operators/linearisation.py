"""A layered network near a mini-batch of samples: what all products with its Hessian share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hessian_boundary.curvature.operators.layer_steps import Step, evaluate
from hessian_boundary.losses.derivatives import logit_curvature, logit_slope
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.structure import Layer


class Linearisation(NamedTuple):
    """What the products with a mini-batch's Hessian have in common."""

    steps: list[Step]
    deltas: tuple[Tensor, ...]  # δ_l (n, out, …)
    curvature: Tensor  # ∂²ℓ/∂f² (n, C, C)

    @property
    def bytes(self) -> int:
        """Memory of its tensors."""
        of_steps = (t for step in self.steps for t in (step.patches, step.output, *step.pieces))
        tensors = (*of_steps, *self.deltas, self.curvature)
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)

    def of_layers(self, layers: Sequence[Layer]) -> "Linearisation":
        """Return the same for layers of another precision, on the same linear pieces."""
        dtype = layers[0].weight.dtype
        steps = [
            replace(step, layer=layer, patches=step.patches.to(dtype), output=step.output.to(dtype))
            for step, layer in zip(self.steps, layers, strict=True)
        ]
        deltas = tuple(delta.to(dtype) for delta in self.deltas)
        return Linearisation(steps, deltas, self.curvature.to(dtype))


def linearised(network: nn.Module, loss: Loss, x: Tensor, y: Tensor) -> Linearisation:
    """Evaluate a layered network at samples x (n, feature…) with labels y (n,)."""
    steps, logits = evaluate(network, x)
    slope = logit_slope(loss, y)(logits.detach())
    deltas = torch.autograd.grad(logits, [step.output for step in steps], slope)
    steps = [replace(step, output=step.output.detach()) for step in steps]
    return Linearisation(steps, deltas, logit_curvature(loss, logits, y))
