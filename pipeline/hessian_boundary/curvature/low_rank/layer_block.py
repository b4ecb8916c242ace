"""The block H_LL of the Hessian that belongs to one dense layer, z = W u of its inputs u.

H_LL = F_LL + K_LL with

- F_LL = (1/n) Σ_s J_sᵀ S_s J_s, S_s = ∂²ℓ_s/∂f²: its range is that of the rows √|σ| wᵀ J_s for the
  eigenpairs (σ, w) of S_s;
- K_LL = (1/n) Σ_s κ_s ⊗ u_s u_sᵀ with κ_s = Σ_c ∂ℓ_s/∂f_c ∂²f_c/∂z². It is zero where what follows
  is linear in pieces. Where it is one activation and one layer, κ_s is diagonal: K_LL falls into a
  small block for each unit, of few eigenvectors that are not round-off.
"""

from math import inf

import torch
from torch import Tensor, nn
from torch.func import grad, jvp
from torch.nn import functional as F

from hessian_boundary.gradients.factored import record_layers
from hessian_boundary.losses.derivatives import logit_curvature, logit_slope
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import sequence

BATCH = 128  # samples at a time
# Of κ beside its diagonal, relative to it.
ROUND_OFF = 1e-12
# Arrays of the size of all blocks: these, their eigenvectors, sorted, and without the small ones.
BLOCKS = 4
FACTORS = 2  # arrays of the size of all rows: these, and those of them that are kept


def unit_blocks(problem: Problem, layer: nn.Module, memory_limit: float = inf) -> Tensor | None:
    """Return the blocks (unit, in, in) of K_LL, the bias last; (unit, 0, in) where all are zero.

    None where κ is not diagonal, or where their eigenvectors take more than `memory_limit` bytes.
    A diagonal κ is known by its products with a vector of ones and with a random one.
    """
    parts = sequence(problem.network)
    behind = nn.Sequential(*parts[parts.index(layer) + 1 :])
    units, width = layer.get_parameter("weight").shape
    width += layer.bias is not None
    fits = BLOCKS * units * width**2 * problem.dtype.itemsize <= memory_limit
    blocks = torch.zeros(units, 0, width, dtype=problem.dtype, device=problem.device)
    for x, y in problem.batches(BATCH):
        inputs, z, logits = _layer_at(problem, layer, x)
        if inputs.ndim != 2:
            return None
        values, slope = z.detach(), logit_slope(problem.loss, y)(logits.detach())
        gradient = grad(lambda z, slope=slope: (behind(z) * slope).sum())
        diagonal = jvp(gradient, (values,), (torch.ones_like(values),))[1].detach()
        probe = torch.randn(z.shape, generator=torch.Generator().manual_seed(0)).to(values)
        beside = jvp(gradient, (values,), (probe,))[1].detach() - diagonal * probe
        if beside.abs().max() > ROUND_OFF * diagonal.abs().max():
            return None
        if diagonal.any():
            if not fits:
                return None
            added = torch.einsum("su,si,sj->uij", diagonal, inputs, inputs)
            blocks = blocks + added if blocks.numel() else added
    return blocks / problem.samples


def unit_directions(blocks: Tensor, least: float) -> Tensor:
    """Return orthonormal rows (unit, r, in) that span all of the blocks but what is below `least`.

    Units that need fewer than others have rows of zeros.
    """
    if not blocks.any():
        return blocks[:, :0]
    eigenvalues, columns = torch.linalg.eigh(blocks)
    sizes, order = eigenvalues.abs().sort(dim=1, descending=True)
    kept = sizes > least
    rows = torch.take_along_dim(columns, order[:, None], dim=2).mT * kept[..., None]
    return rows[:, : int(kept.sum(1).max())]


def factor_bytes(problem: Problem, size: int) -> int:
    """Return the memory that `factor_rows` takes, of a layer with so many parameters."""
    return FACTORS * problem.samples * problem.classes * size * problem.dtype.itemsize


def factor_rows(problem: Problem, layer: nn.Module, tolerance: float) -> Tensor:
    """Return rows a (r, unit · in) with F_LL = (1/n) Σ ± aᵀ a, but for tolerance · max|λ|."""
    found = []
    for x, y in problem.batches(BATCH):
        inputs, z, logits = _layer_at(problem, layer, x)
        sigma, w = torch.linalg.eigh(logit_curvature(problem.loss, logits, y))
        cotangents = sigma.abs().sqrt()[..., None] * w.mT
        deltas = [
            torch.autograd.grad(logits, z, cotangent, retain_graph=True)[0]
            for cotangent in cotangents.unbind(1)
        ]
        rows = torch.einsum("sku,si->skui", torch.stack(deltas, dim=1), inputs)
        found.append(rows.flatten(2).flatten(0, 1))
    whole = torch.cat(found)
    del found
    return whole[but_for(whole.square().sum(1), tolerance)]


def _layer_at(problem: Problem, layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return a layer's inputs u (n, in), with a 1 for its bias, its z (n, unit), and the logits."""
    (u,), (z,), logits = record_layers(problem.network, [layer], x)
    return F.pad(u, (0, 1), value=1.0) if layer.bias is not None else u, z, logits


def but_for(sizes: Tensor, tolerance: float) -> Tensor:
    """Return a mask of all but the smallest, which together make `tolerance` times the largest."""
    ascending, order = sizes.sort()
    kept = torch.empty_like(sizes, dtype=torch.bool)
    kept[order] = ascending.cumsum(0) > tolerance * ascending[-1]
    return kept
