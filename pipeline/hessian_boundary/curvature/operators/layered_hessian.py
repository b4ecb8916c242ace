"""The dense Hessian of a sequential piecewise-linear network, without Hessian-vector products.

With J_s = ∂f/∂θ (C, p), a_s = ∂ℓ/∂f (C,) and S_s = ∂²ℓ/∂f² (C, C) at the samples s,

    H = (1/n) Σ_s [ J_sᵀ S_s J_s + Σ_c a_sc ∂²f_c/∂θ² ].

For layers z_l[t] = W_l u_l[t] (see `layer_steps`) and δ_cl = ∂f_c/∂z_l, the Jacobian has the rows
∂f_c/∂W_l = Σ_t δ_cl[t] u_l[t]ᵀ. f is linear in each W_l, so that the second term has no blocks on
the diagonal; the others are, for l < m and with δ_m = Σ_c a_c δ_cm,

    Σ_s Σ_t δ_m[o, t] ∂u_m[i, t]/∂W_l[o', i'].

W_l[o', i'] moves z_l by u_l[i'] in the channel o' alone, and no stage mixes channels: one tangent
per i' serves all channels of the next layer's input. Only beyond that layer is it one per (o', i').
"""

import torch
from torch import Tensor

from hessian_boundary.curvature.operators.layer_steps import (
    Step,
    evaluate,
    layer_patches,
    push_forward,
)
from hessian_boundary.curvature.solvers.linear_algebra import column_slices
from hessian_boundary.losses.derivatives import logit_curvature, logit_slope
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered
from hessian_boundary.runtime.progress import Progress

# Larger arrays get fresh pages from the system each time, which costs more than their arithmetic.
REUSED_BYTES = 3e7


@torch.no_grad()
def layered_hessian(problem: Problem, *, memory_limit: float = 2e9) -> Tensor:
    """Return the Hessian (p, p) of a problem's mean loss, exactly symmetric.

    Rows and columns are in the order of the parameter vector; dtype and device are the network's.
    `memory_limit` (bytes) bounds what is held besides the matrix: it sets the number of samples
    treated at a time, which does not change the result beyond round-off. The first term costs
    n C p² operations; in the second, the tangents that cross more than one layer cost most.

    Raises ValueError when `structure.why_not_layered` has a reason, when the samples have the wrong
    number of dimensions, or when one sample takes more than the memory limit.
    """
    network, loss = problem.network, problem.loss
    if reason := why_not_layered(network):
        raise ValueError(
            "expected Linear, Conv2d, ReLU, MaxPool2d, AvgPool2d, Flatten and Identity in a "
            f"Sequential, each layer used once, found that {reason}; use `dense_matrix` with "
            "Hessian-vector products"
        )
    first, second = _batch_sizes(*evaluate(network, problem.x[:1]), memory_limit)
    size = problem.parameters
    matrix = problem.x.new_zeros(size, size)
    progress, done = Progress("dense Hessian, two terms: sample", 2 * problem.samples), 0
    for add_term, batch_size in ((_add_first_term, first), (_add_second_term, second)):
        for x, y in problem.batches(batch_size):
            add_term(matrix, *evaluate(network, x), y, loss)
            done += len(x)
            progress.update(done)
    matrix /= problem.samples
    for columns in column_slices(size, 256):
        block = matrix[columns, columns].triu_()
        block += block.triu(1).T
        matrix[columns.stop :, columns] = matrix[columns, columns.stop :].T
    return matrix


def _batch_sizes(steps: list[Step], logits: Tensor, memory_limit: float) -> tuple[int, int]:
    """Return the numbers of samples that fit into the memory limit in the two terms."""
    activations = sum(step.patches.numel() + step.output.numel() for step in steps)
    jacobian = logits.numel() * steps[-1].bias.stop
    tangents = 0  # the largest array of them
    for lower, first in enumerate(steps[:-1]):
        count, channels = first.patches.shape[1], first.output.shape[1]
        tangents = max(tangents, count * first.output.numel())
        for step in steps[lower + 1 :]:
            tangents = max(tangents, count * step.patches.numel())
            if step is not steps[-1]:
                count = first.patches.shape[1] * channels
                tangents = max(tangents, count * step.output.numel())
    bytes_per_number = logits.element_size()
    # J, S J and δ uᵀ; a tangent, its patches, their copy in the product's order, the product, …
    needs = [3 * (jacobian + activations), 6 * tangents + 3 * activations]
    needs = [bytes_per_number * need for need in needs]
    if max(needs) > memory_limit:
        raise ValueError(
            f"expected a memory limit of at least {max(needs):.1e} bytes, which one sample takes, "
            f"found {memory_limit:.1e}; raise it, or use `dense_matrix`"
        )
    first_size, second_size = (int(memory_limit / need) for need in needs)
    reused = int(REUSED_BYTES / (bytes_per_number * max(tangents, 1)))
    return first_size, max(1, min(reused, second_size))


def _add_first_term(
    matrix: Tensor, steps: list[Step], logits: Tensor, labels: Tensor, loss_per_sample: Loss
) -> None:
    """Add Σ_s J_sᵀ S_s J_s to the upper triangle."""
    outputs = [step.output for step in steps]
    jacobian = matrix.new_empty(*logits.shape, len(matrix))
    units = torch.eye(logits.shape[1]).to(logits)[:, None].expand(-1, *logits.shape)
    for c, unit in enumerate(units):  # the class c, for all samples at once
        deltas = torch.autograd.grad(logits, outputs, unit, retain_graph=True)
        for step, delta in zip(steps, deltas, strict=True):
            entries = _by_position(delta) @ step.patches.mT
            inputs = step.layer.weight[0].numel()
            jacobian[:, c, step.weight] = entries[..., :inputs].flatten(1)
            jacobian[:, c, step.bias] = entries[..., inputs:].flatten(1)
    weighted = logit_curvature(loss_per_sample, logits, labels) @ jacobian
    left, right = jacobian.flatten(0, 1), weighted.flatten(0, 1)
    for columns in column_slices(len(matrix)):
        upper = slice(columns.start, None)
        matrix[columns, upper].addmm_(left[:, columns].T, right[:, upper])


def _add_second_term(
    matrix: Tensor, steps: list[Step], logits: Tensor, labels: Tensor, loss_per_sample: Loss
) -> None:
    """Add Σ_s Σ_c a_sc ∂²f_c/∂θ² to the upper triangle."""
    slope = logit_slope(loss_per_sample, labels)(logits.detach())
    deltas = torch.autograd.grad(logits, [step.output for step in steps], slope)
    for lower, first in enumerate(steps[:-1]):
        tangent = _unit_tangents(first)
        for upper in range(lower + 1, len(steps)):
            step = steps[upper]
            tangent = push_forward(steps[upper - 1], tangent)
            patches = layer_patches(step.layer, tangent.flatten(0, 2))
            patches = patches.unflatten(0, (len(labels), -1))  # (n, tangent, in, position)
            # by the entry (i', o') of W_l that moves them, inputs of no other channel of z_l
            shape = (*first.patches.shape[:2], first.output.shape[1], -1, patches.shape[-1])
            patches = patches.reshape(shape)
            delta = _by_position(deltas[upper])
            block = torch.tensordot(delta, patches, dims=([0, 2], [0, 4]))
            _add_block(matrix, first, step, block)
            if step is not steps[-1]:
                tangent = _through_layer(step, patches)


def _unit_tangents(step: Step) -> Tensor:
    """Tangents (n, in, 1, out, …) of a step's output: row i' of the patches, in every channel."""
    tangent = step.patches.reshape(*step.patches.shape[:2], 1, 1, *step.output.shape[2:])
    return tangent.expand(-1, -1, -1, *step.output.shape[1:])


def _through_layer(step: Step, patches: Tensor) -> Tensor:
    """Tangents (n, i', o', out, …) of a step's output for patches (n, i', o', in, position).

    Directly after W_l, o' is also the channel of the inputs, and the weight is cut accordingly.
    """
    weight = step.layer.weight.flatten(1)
    if weight.shape[1] == patches.shape[3]:
        product = torch.einsum("ok,nickt->nicot", weight, patches)
    else:
        weight = weight.unflatten(1, (patches.shape[2], -1))
        product = torch.einsum("ock,nickt->nicot", weight, patches)
    return product.reshape(*product.shape[:4], *step.output.shape[2:])


def _add_block(matrix: Tensor, lower: Step, upper: Step, block: Tensor) -> None:
    """Add the second term's block (o, i', o', i) to the rows of `lower`, the columns of `upper`."""
    outputs, channels = upper.output.shape[1], lower.output.shape[1]
    inputs = lower.layer.weight[0].numel()
    diagonal = block.shape[3] != upper.layer.weight[0].numel()
    for rows, part in ((lower.weight, block[:, :inputs]), (lower.bias, block[:, inputs:])):
        target = matrix[rows, upper.weight].unflatten(0, (channels, part.shape[1]))
        if diagonal:  # i counts the inputs of channel o'
            target = target.unflatten(2, (outputs, channels, -1)).diagonal(dim1=0, dim2=3)
            target += part.permute(1, 0, 3, 2)
        else:
            target = target.unflatten(2, (outputs, -1))
            target += part.permute(2, 1, 0, 3)


def _by_position(output: Tensor) -> Tensor:
    """Flatten (n, out, …) to (n, out, position)."""
    return output.reshape(*output.shape[:2], -1)
