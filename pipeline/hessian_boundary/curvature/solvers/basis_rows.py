"""The orthonormal rows of a Krylov space: in memory, or in a temporary file that is larger.

A restart throws most of a space away, and the products that shaped it. Where products are dear and
memory holds few rows, it is cheaper to read the rows from a file for each block of products. The
file is mapped, and its pages are given back after each slice of columns: what the process holds of
it stays small, however much of it the system keeps in memory while that is free.
"""

import mmap
import os
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from hessian_boundary.artifacts.scratch import scratch_file
from hessian_boundary.curvature.solvers.linear_algebra import column_slices, inner_products

MAPPED_BYTES = 2**27  # of a file's pages, held at a time


class BasisRows:
    """`rows` (count, p), not initialised, and what a Krylov space does with the first few of them.

    Raises OSError where they are to be in a file and the disk has no room for them.
    """

    def __init__(
        self,
        count: int,
        dimension: int,
        dtype: torch.dtype,
        device: torch.device,
        *,
        in_file: bool = False,
    ) -> None:
        self._mapping: Any = None
        if not in_file:
            self.rows = torch.empty(count, dimension, dtype=dtype, device=device)
            return
        size = count * dimension * dtype.itemsize
        with scratch_file() as file:  # the mapping keeps it
            if hasattr(os, "posix_fallocate"):  # a full disk is noticed here, not while computing
                os.posix_fallocate(file.fileno(), 0, size)
            file.truncate(size)
            self._mapping = mmap.mmap(file.fileno(), size)
        self.rows = torch.frombuffer(self._mapping, dtype=dtype).view(count, dimension)

    def inner_products(self, block: Tensor, count: int) -> Tensor:
        """Return block · rowsᵀ (k, count), float64, for a block (k, p)."""
        total = torch.zeros(len(block), count, dtype=torch.float64, device=block.device)
        for columns in self._slices(count):
            total += inner_products(block[:, columns], self.rows[:count, columns])
        return total

    def subtract(self, block: Tensor, coefficients: Tensor) -> Tensor:
        """Return block − coefficients · rows for a block (k, p) and coefficients (k, m)."""
        rest, count = torch.empty_like(block), coefficients.shape[1]
        for columns in self._slices(count):
            rows = self.rows[:count, columns]
            part, found = block[:, columns], rest[:, columns]
            torch.addmm(part, coefficients.to(block), rows, alpha=-1, out=found)
        return rest

    def rotate(self, rotation: Tensor) -> Tensor:
        """Overwrite the first rows by rotation (k, m) · the first m, and return them (k, p)."""
        kept, count = rotation.shape
        rotation = rotation.to(self.rows)
        for wide in self._slices(count):
            part = self.rows[:count, wide]
            for columns in column_slices(part.shape[1]):  # no second copy of them is made
                part[:kept, columns] = rotation @ part[:, columns]
        return self.rows[:kept]

    def write(self, start: int, rows: Tensor) -> None:
        """Put rows (k, p) behind the first `start` ones."""
        for offset, row in enumerate(rows):
            self.rows[start + offset] = row
            self._let_go()

    def _slices(self, count: int) -> Iterator[slice]:
        """Yield slices of all columns; of a file, narrow ones, which are let go after their use."""
        width = self.rows.shape[1]
        if self._mapping is not None:
            width = max(mmap.PAGESIZE, MAPPED_BYTES // (max(count, 1) * self.rows.itemsize))
        for columns in column_slices(self.rows.shape[1], width):
            yield columns
            self._let_go()

    def _let_go(self) -> None:
        """Give the pages back that this process holds; the system writes them to the file."""
        if self._mapping is not None and hasattr(self._mapping, "madvise"):
            self._mapping.madvise(mmap.MADV_DONTNEED)
