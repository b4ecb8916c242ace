"""Orthonormal bases of a subspace of parameter space, made of parts of known structure.

A part spans a subspace of its own, at right angles to those of the other parts (`basis_parts`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from hessian_boundary.curvature.low_rank.basis_parts import BLOCK, Part
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator


def range_bytes(parameters: int, rank: int) -> int:
    """Return the memory of the range finder: basis, defects, vectors and a few r × r matrices.

    Measured on gaussian/normal (p = 10,703, r = 1,211): 312 MB, by this formula 346 MB.
    """
    return 8 * 3 * rank * (parameters + rank)


class Images(NamedTuple):
    """What H makes of rows of a basis Q."""

    products: Tensor  # (k, p), of H with the rows
    coordinates: Tensor  # (k, r), those of the products: they times Qᵀ


@dataclass(frozen=True)
class RangeBasis:
    """Orthonormal rows Q (r, p) that span the range of a symmetric matrix H."""

    parts: Sequence[Part]
    dimension: int  # p
    support: Tensor | None = None  # positions in θ of the rows of H that are not zero; None: all
    images: Images | None = None  # of the rows of the first parts, where known

    @property
    def size(self) -> int:
        """Number r of rows."""
        return sum(part.size for part in self.parts)

    def _rows_before(self) -> list[int]:
        return [sum(part.size for part in self.parts[:i]) for i in range(len(self.parts))]

    def coordinates(self, vectors: Tensor) -> Tensor:
        """Return V Qᵀ (k, r) for vectors V (k, p)."""
        return torch.cat([part.coordinates(vectors) for part in self.parts], dim=1)

    def combined(self, coordinates: Tensor) -> Tensor:
        """Return C Q (k, p) for coordinates C (k, r)."""
        vectors = coordinates.new_zeros(len(coordinates), self.dimension)
        sizes = [part.size for part in self.parts]
        for part, own in zip(self.parts, coordinates.split(sizes, dim=1), strict=True):
            part.add(own, vectors)
        return vectors

    def products(self, operator: SymmetricOperator) -> Iterator[Images]:
        """Yield what H makes of the rows of Q, a block at a time, in their order."""
        known = 0
        if self.images is not None:
            known = len(self.images.products)
            yield from map(Images, *(whole.split(BLOCK) for whole in self.images))
        for part, before in zip(self.parts, self._rows_before(), strict=True):
            if part.size and before >= known:
                for rows in part.rows(self.dimension):
                    products = operator(rows)
                    yield Images(products, self.coordinates(products))
