"""A basis of the Hessian's range that a network's structure gives in advance.

Take the layer L with the most parameters; the other m parameters are e_j. H maps them to m columns,
so the range of H lies in the span of the e_j, of what these columns have in L, and of the range of
the block H_LL, which `layer_block` gives. So m products with H give the range, where a search takes
one for every direction that it finds. Fewer do where a loss does not feel some of the logits'
directions: cross-entropy is the same when all logits grow alike, and so is the loss when the last
layer's weights do.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import torch
from torch import Tensor, nn

from hessian_boundary.curvature.low_rank.basis_parts import BLOCK, Axes, EachUnit, Part, Rows
from hessian_boundary.curvature.low_rank.felt_logits import felt_logits
from hessian_boundary.curvature.low_rank.layer_block import (
    but_for,
    factor_bytes,
    factor_rows,
    unit_blocks,
    unit_directions,
)
from hessian_boundary.curvature.low_rank.range_basis import Images, RangeBasis, range_bytes
from hessian_boundary.curvature.solvers.linear_algebra import orthonormal, principal_directions, qr
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
    finite. `operator` multiplies by H; it is asked for m products at most.
    """
    network = problem.network
    if why_not_factored(network) or is_convolutional(network):
        return None
    positions = _positions(network, problem.device)
    layer = max(positions, key=lambda layer: positions[layer].numel())
    own = positions.pop(layer)
    if not positions:
        return None
    given = _other_layers(problem, positions)
    others = sum(part.size for part in given)
    most = SHARE * problem.parameters
    needed = range_bytes(problem.parameters, others) + factor_bytes(problem, own.numel())
    if 2 * others > most or needed > memory_limit:
        return None
    if (blocks := unit_blocks(problem, layer, memory_limit)) is None:
        return None
    images = _images(operator, given, others)
    sizes = torch.linalg.vector_norm(images, dim=1)
    if not sizes.isfinite().all():
        return None
    directions = unit_directions(blocks, tolerance * float(sizes.max()))
    del blocks
    factor = factor_rows(problem, layer, tolerance)
    rank = 2 * others + len(factor) + directions[..., 0].numel()
    if rank > most or range_bytes(problem.parameters, rank) > memory_limit:
        return None
    if not (kept := but_for(sizes, tolerance)).all():
        masks, images = kept.split([part.size for part in given]), images[kept]
        given = [part.only(mask) for part, mask in zip(given, masks, strict=True)]
    rows = torch.cat([images[:, own.flatten()], factor])
    parts, inside = _parts(own, directions, rows, tolerance)
    return _with_images(RangeBasis([*given, *parts], operator.dimension), images, inside)


def _with_images(basis: RangeBasis, images: Tensor, inside: Tensor | None) -> RangeBasis:
    """Return a basis that knows products (k, p) with its first rows.

    inside: their coordinates in the last part, where these are known, and further rows.
    """
    if inside is None:
        return replace(basis, images=Images(images, basis.coordinates(images)))
    outside = [part.coordinates(images) for part in basis.parts[:-1]]
    coordinates = torch.cat([*outside, inside[: len(images)]], dim=1)
    return replace(basis, images=Images(images, coordinates))


def _other_layers(
    problem: Problem, positions: dict[nn.Module, Tensor]
) -> Sequence[Axes | EachUnit]:
    """Return what the range may contain of the layers at these positions."""
    last = sequence(problem.network)[-1]
    parts: list[Axes | EachUnit] = []
    if last in positions and len(felt := felt_logits(problem)) < problem.classes:
        own = positions[last].T
        parts = [EachUnit(own, felt.expand(len(own), *felt.shape))]
        positions = {layer: entry for layer, entry in positions.items() if layer is not last}
    if positions:
        axes = torch.cat([entry.flatten() for entry in positions.values()])
        parts.insert(0, Axes(axes.sort().values, problem.dtype))
    return parts


def _images(operator: SymmetricOperator, parts: Sequence[Part], count: int) -> Tensor:
    """Return the products (count, p) of the rows of parts."""
    progress, done = Progress("range known in advance: product", count), 0
    images = torch.empty(count, operator.dimension, dtype=operator.dtype, device=operator.device)
    for rows in (rows for part in parts for rows in part.rows(operator.dimension)):
        images[done : done + len(rows)] = operator(rows)
        done += len(rows)
        progress.update(done)
    return images


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


def _parts(
    own: Tensor, directions: Tensor, rows: Tensor, tolerance: float
) -> tuple[list[Part], Tensor | None]:
    """Return parts of a basis that span the directions of the units and the rows (k, w).

    With them come the coordinates (k, r) of the rows, where these are had for nothing.
    """
    positions, touched = own.flatten(), (rows != 0).any(0)
    if len(rows) + directions[..., 0].numel() >= int(touched.sum()):
        return [Axes(positions[touched], rows.dtype)], None
    if not directions.shape[1]:
        columns, triangle = qr(rows[:, touched].T)
        blocks = columns.T.contiguous().split(BLOCK)
        return [Rows(positions[touched], blocks)], triangle.T
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
    return parts, None
