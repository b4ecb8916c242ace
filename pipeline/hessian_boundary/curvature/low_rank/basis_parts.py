"""Parts of an orthonormal basis, each of a structure that makes it cheap.

Coordinates along single parameters are entries, and those along what a layer's inputs span are one
small matrix product for each of its units. Vectors are rows throughout.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.linear_algebra import add_product, column_slices, product

BLOCK = 128  # rows of a basis that are written out at once
SLICE = 2**21  # numbers of the vectors that are changed at once


class Part(Protocol):
    """Orthonormal rows Q_i (size, p) that need not be there as an array."""

    @property
    def size(self) -> int:
        """Number of rows."""

    def coordinates(self, vectors: Tensor) -> Tensor:
        """Return V Q_iᵀ (k, size) for vectors V (k, p)."""

    def add(self, coordinates: Tensor, vectors: Tensor) -> None:
        """Add C Q_i for coordinates C (k, size) to vectors (k, p) in place."""

    def rows(self, dimension: int) -> Iterator[Tensor]:
        """Yield the rows (k, p) of Q_i, a block at a time."""


@dataclass(frozen=True)
class Axes:
    """The directions of single parameters."""

    positions: Tensor  # (size,) in θ
    dtype: torch.dtype

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.positions)

    def only(self, kept: Tensor) -> "Axes":
        """Return the axes of a mask (size,)."""
        return Axes(self.positions[kept], self.dtype)

    def coordinates(self, vectors: Tensor) -> Tensor:
        """See `Part`."""
        return vectors[:, self.positions]

    def add(self, coordinates: Tensor, vectors: Tensor) -> None:
        """See `Part`."""
        vectors[:, self.positions] += coordinates

    def rows(self, dimension: int) -> Iterator[Tensor]:
        """See `Part`."""
        for positions in self.positions.split(BLOCK):
            rows = torch.zeros(len(positions), dimension, dtype=self.dtype).to(positions.device)
            yield rows.scatter_(1, positions[:, None], 1.0)


@dataclass(frozen=True)
class Rows:
    """Orthonormal rows (r_j, w) in blocks that are never stacked whole, on some parameters."""

    positions: Tensor  # (w,) in θ
    blocks: Sequence[Tensor]

    @property
    def size(self) -> int:
        """Number of rows."""
        return sum(map(len, self.blocks))

    def coordinates(self, vectors: Tensor) -> Tensor:
        """See `Part`."""
        inside = vectors[:, self.positions]
        return torch.cat([product(inside, block.T) for block in self.blocks], dim=1)

    def add(self, coordinates: Tensor, vectors: Tensor) -> None:
        """See `Part`."""
        sizes = [len(block) for block in self.blocks]
        for columns in column_slices(len(self.positions), SLICE // len(vectors)):
            inside = vectors[:, self.positions[columns]]
            for block, own in zip(self.blocks, coordinates.split(sizes, dim=1), strict=True):
                add_product(inside, own, block[:, columns])
            vectors[:, self.positions[columns]] = inside

    def rows(self, dimension: int) -> Iterator[Tensor]:
        """See `Part`."""
        for block in self.blocks:
            rows = block.new_zeros(len(block), dimension)
            rows[:, self.positions] = block
            yield rows


@dataclass(frozen=True)
class EachUnit:
    """Orthonormal directions of the weights and bias of each unit of a layer.

    A unit may have fewer directions than others: those that are zero are no rows of the basis.
    """

    positions: Tensor  # (unit, in) of the layer's parameters in θ, the bias as the last column
    directions: Tensor  # (unit, r, in)

    @cached_property
    def _kept(self) -> Tensor:
        return (self.directions != 0).any(2).flatten()

    @property
    def size(self) -> int:
        """Number of rows, units before directions."""
        return int(self._kept.sum())

    def only(self, kept: Tensor) -> "EachUnit":
        """Return the rows of a mask (size,)."""
        directions = self.directions.flatten(0, 1).clone()
        directions[self._kept.nonzero().flatten()[~kept]] = 0
        return EachUnit(self.positions, directions.view_as(self.directions))

    def coordinates(self, vectors: Tensor) -> Tensor:
        """See `Part`."""
        of_units = vectors[:, self.positions].transpose(0, 1)
        return (of_units @ self.directions.mT).transpose(0, 1).flatten(1)[:, self._kept]

    def add(self, coordinates: Tensor, vectors: Tensor) -> None:
        """See `Part`."""
        whole = coordinates.new_zeros(len(coordinates), len(self._kept))
        whole[:, self._kept] = coordinates
        of_units = whole.unflatten(1, self.directions.shape[:2]).transpose(0, 1)
        vectors[:, self.positions] += (of_units @ self.directions).transpose(0, 1)

    def rows(self, dimension: int) -> Iterator[Tensor]:
        """See `Part`."""
        positions = self.positions[:, None].expand_as(self.directions).flatten(0, 1)[self._kept]
        directions = self.directions.flatten(0, 1)[self._kept]
        for where, entries in zip(positions.split(BLOCK), directions.split(BLOCK), strict=True):
            yield entries.new_zeros(len(entries), dimension).scatter_(1, where, entries)
