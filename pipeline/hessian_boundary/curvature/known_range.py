"""A basis of the Hessian's range that a network's structure gives in advance.

Take the layer L with the most parameters; the other m parameters are e_j. H maps them to m columns,
so the range of H lies in the span of the e_j, of what these columns have in L, and of the range of
the block H_LL = F_LL + K_LL, where z = W u is what the layer computes of its inputs u, and

- F_LL = (1/n) Σ_s J_sᵀ S_s J_s has the range of the rows √|σ| wᵀ J_s, for the eigenpairs (σ, w) of
  S_s = ∂²ℓ_s/∂f²;
- K_LL = (1/n) Σ_s κ_s ⊗ u_s u_sᵀ with κ_s = Σ_c ∂ℓ_s/∂f_c ∂²f_c/∂z². It is zero where what follows
  is linear in pieces. Where it is one activation and one layer, κ_s is diagonal: K_LL falls into a
  small block for each unit, of few eigenvectors that are not round-off.

So m products with H give the range, where a search takes one for every direction that it finds.
"""

from math import inf

import torch
from torch import Tensor, nn
from torch.func import grad, jvp
from torch.nn import functional as F

from hessian_boundary.curvature.gauss_newton.rows import BATCH, layered_rows
from hessian_boundary.curvature.solvers.linear_algebra import orthonormal, principal_directions
from hessian_boundary.curvature.solvers.range_basis import (
    BLOCK,
    Axes,
    EachUnit,
    Part,
    RangeBasis,
    Rows,
    range_bytes,
)
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.gradients.factored import record_layers
from hessian_boundary.networks.loss_derivatives import logit_curvature, logit_slope
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import (
    LAYERS,
    is_convolutional,
    sequence,
    why_not_factored,
)

# Of a known basis that is larger, a search is the quicker way: the range is smaller than it.
SHARE = 0.6
# Of κ beside its diagonal, relative to it.
ROUND_OFF = 1e-12


def known_range(
    problem: Problem, operator: SymmetricOperator, tolerance: float, memory_limit: float = inf
) -> RangeBasis | None:
    """Return an orthonormal basis of the range of H, but for a part of size tolerance · max|λ|.

    None for networks that are not a sequence of dense layers with activations between, two at
    least and each used once; where K_LL does not fall into blocks, the basis is not much smaller
    than the whole space, or takes more than `memory_limit` bytes; and where a product is not
    finite. `operator` multiplies by H; it is asked for m products.
    """
    network = problem.network
    if why_not_factored(network) or is_convolutional(network):
        return None
    positions = _positions(network, problem.device)
    layer = max(positions, key=lambda layer: positions[layer].numel())
    own = positions.pop(layer)
    if not positions:
        return None
    others = torch.cat([entry.flatten() for entry in positions.values()])
    most = SHARE * problem.parameters
    blocks = None if 2 * len(others) > most else _unit_blocks(problem, layer)
    if blocks is None or range_bytes(problem.parameters, len(others)) > memory_limit:
        return None
    axes = Axes(others.sort().values, problem.dtype)
    images = torch.cat([operator(rows) for rows in axes.rows(operator.dimension)])
    sizes = torch.linalg.vector_norm(images, dim=1)
    directions = _unit_directions(blocks, tolerance * float(sizes.max()))
    factor = _factor_rows(problem, own, tolerance)
    rows = 2 * len(others) + len(factor) + directions[..., 0].numel()
    fits = rows <= most and range_bytes(problem.parameters, rows) <= memory_limit
    if not fits or not sizes.isfinite().all():
        return None
    kept = _but_for(sizes, tolerance)
    axes, images = Axes(axes.positions[kept], problem.dtype), images[kept]
    parts = _parts(own, directions, torch.cat([images[:, own.flatten()], factor]), tolerance)
    return RangeBasis([axes, *parts], operator.dimension, images=images)


def _positions(network: nn.Module, device: torch.device) -> dict[nn.Module, Tensor]:
    """Return the positions in θ (unit, in) of each layer's parameters, the bias last."""
    found, start = {}, 0
    for layer in (part for part in sequence(network) if type(part) in LAYERS):
        tensors = []
        for tensor in layer.parameters():
            stop = start + tensor.numel()
            tensors.append(torch.arange(start, stop, device=device).view(len(tensor), -1))
            start = stop
        found[layer] = torch.cat(tensors, dim=1)
    return found


def _unit_blocks(problem: Problem, layer: nn.Module) -> Tensor | None:
    """Return the blocks (unit, in, in) of K_LL, the bias last, or None where κ is not diagonal.

    A diagonal κ is known by its products with a vector of ones and with a random one.
    """
    parts = sequence(problem.network)
    behind = nn.Sequential(*parts[parts.index(layer) + 1 :])
    blocks = problem.x.new_zeros(())
    for x, y in problem.batches(BATCH):
        (u,), (z,), logits = record_layers(problem.network, [layer], x)
        if u.ndim != 2:
            return None
        values, slope = z.detach(), logit_slope(problem.loss, y)(logits.detach())
        gradient = grad(lambda z, slope=slope: (behind(z) * slope).sum())
        diagonal = jvp(gradient, (values,), (torch.ones_like(values),))[1].detach()
        probe = torch.randn(z.shape, generator=torch.Generator().manual_seed(0)).to(values)
        beside = jvp(gradient, (values,), (probe,))[1].detach() - diagonal * probe
        if beside.abs().max() > ROUND_OFF * diagonal.abs().max():
            return None
        inputs = F.pad(u, (0, 1), value=1.0) if layer.bias is not None else u
        blocks = blocks + torch.einsum("su,si,sj->uij", diagonal, inputs, inputs)
    return blocks / problem.samples


def _unit_directions(blocks: Tensor, least: float) -> Tensor:
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


def _factor_rows(problem: Problem, own: Tensor, tolerance: float) -> Tensor:
    """Return rows a (r, w) with F_LL = (1/n) Σ ± aᵀ a, but for tolerance · max|λ|."""
    rows, found = layered_rows(problem.network), []
    first = int(own.min())
    columns = slice(first, int(own.max()) + 1)
    for x, y in problem.batches(BATCH):
        with torch.no_grad():
            logits = problem.network(x)
        sigma, w = torch.linalg.eigh(logit_curvature(problem.loss, logits, y))
        found.append(rows(x, sigma.abs().sqrt()[..., None] * w.mT, columns))
    whole = torch.cat(found)[:, own.flatten() - first]
    return whole[_but_for(whole.square().sum(1), tolerance)]


def _parts(own: Tensor, directions: Tensor, rows: Tensor, tolerance: float) -> list[Part]:
    """Return parts of a basis that span the directions of the units and the rows (r, w)."""
    positions, touched = own.flatten(), (rows != 0).any(0)
    if len(rows) + directions[..., 0].numel() >= int(touched.sum()):
        return [Axes(positions[touched], rows.dtype)]
    if not directions.shape[1]:
        # rows that depend on others leave directions that are orthonormal all the same
        columns = torch.linalg.qr(rows[:, touched].T).Q
        return [Rows(positions[touched], columns.T.contiguous().split(BLOCK))]
    here = EachUnit(torch.arange(own.numel(), device=own.device).view(own.shape), directions)

    def outside(vectors: Tensor) -> Tensor:
        vectors = vectors.clone()
        here.add(-here.coordinates(vectors), vectors)
        return vectors

    found, sizes = principal_directions(outside(outside(rows)))
    found = found[sizes > tolerance * float(torch.linalg.matrix_norm(rows))]
    parts: list[Part] = [EachUnit(own, directions)]
    if len(found):
        parts.append(Rows(positions, orthonormal(outside(found)).split(BLOCK)))
    return parts


def _but_for(sizes: Tensor, tolerance: float) -> Tensor:
    """Return a mask of all but the smallest, which together make `tolerance` times the largest."""
    ascending, order = sizes.sort()
    kept = torch.empty_like(sizes, dtype=torch.bool)
    kept[order] = ascending.cumsum(0) > tolerance * ascending[-1]
    return kept
