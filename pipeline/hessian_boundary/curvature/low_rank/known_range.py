"""A basis of the Hessian's range that a network's structure gives in advance.

Take the layer L with the most parameters; the other m parameters are e_j. H maps them to m columns,
so the range of H lies in the span of the e_j, of what these columns have in L, and of the range of
the block H_LL, which `layer_block` gives. So m products with H give the range, where a search takes
one for every direction that it finds.
"""

from math import inf

import torch
from torch import Tensor, nn

from hessian_boundary.curvature.low_rank.layer_block import (
    but_for,
    factor_bytes,
    factor_rows,
    unit_blocks,
    unit_directions,
)
from hessian_boundary.curvature.low_rank.range_basis import (
    BLOCK,
    Axes,
    EachUnit,
    Part,
    RangeBasis,
    Rows,
    range_bytes,
)
from hessian_boundary.curvature.solvers.linear_algebra import orthonormal, principal_directions
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import (
    LAYERS,
    is_convolutional,
    sequence,
    why_not_factored,
)
from hessian_boundary.runtime.progress import Progress

# Of a known basis that is larger, a search is the quicker way: the range is smaller than it.
SHARE = 0.6


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
    needed = range_bytes(problem.parameters, len(others)) + factor_bytes(problem, own.numel())
    if 2 * len(others) > most or needed > memory_limit:
        return None
    if (blocks := unit_blocks(problem, layer, memory_limit)) is None:
        return None
    axes = Axes(others.sort().values, problem.dtype)
    images = _images(operator, axes, len(others))
    sizes = torch.linalg.vector_norm(images, dim=1)
    if not sizes.isfinite().all():
        return None
    directions = unit_directions(blocks, tolerance * float(sizes.max()))
    del blocks
    factor = factor_rows(problem, layer, tolerance)
    rows = 2 * len(others) + len(factor) + directions[..., 0].numel()
    if rows > most or range_bytes(problem.parameters, rows) > memory_limit:
        return None
    kept = but_for(sizes, tolerance)
    axes, images = Axes(axes.positions[kept], problem.dtype), images[kept]
    parts = _parts(own, directions, torch.cat([images[:, own.flatten()], factor]), tolerance)
    return RangeBasis([axes, *parts], operator.dimension, images=images)


def _images(operator: SymmetricOperator, axes: Axes, count: int) -> Tensor:
    """Return the products (count, p) of the axes."""
    progress, found = Progress("range known in advance: product", count), []
    for rows in axes.rows(operator.dimension):
        found.append(operator(rows))
        progress.update(sum(map(len, found)))
    return torch.cat(found)


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
