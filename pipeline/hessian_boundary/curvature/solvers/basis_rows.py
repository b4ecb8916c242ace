"""The orthonormal rows of a Krylov space: in memory, or in a temporary file that is larger.

A restart throws most of a space away, and the products that shaped it. Where products are dear and
memory holds few rows, it is cheaper to read the rows from a file for each block of products. The
system keeps of the file what it has memory for; the process holds one slice of columns at a time.
"""

import mmap
import os
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from hessian_boundary.artifacts.scratch import scratch_file
from hessian_boundary.curvature.solvers.linear_algebra import column_slices, inner_products

SLICE_BYTES = 2**24  # of a file's rows, held at a time: what fits into a processor's cache


class BasisRows:
    """Room for `count` rows of `dimension` numbers, and what a Krylov space does with the first.

    rows: all of them (count, p), not initialised; those in a file are not to be written to.

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
        self._file: Any = None
        if not in_file:
            self.rows = torch.empty(count, dimension, dtype=dtype, device=device)
            return
        size = count * dimension * dtype.itemsize
        self._file = scratch_file()
        if hasattr(os, "posix_fallocate"):  # a full disk is noticed here, not while computing
            os.posix_fallocate(self._file.fileno(), 0, size)
        self._file.truncate(size)
        self._mapping = mmap.mmap(self._file.fileno(), size)
        self.rows = torch.frombuffer(self._mapping, dtype=dtype).view(count, dimension)

    def inner_products(self, block: Tensor, count: int) -> Tensor:
        """Return block · rowsᵀ (k, count), float64, for a block (k, p)."""
        total = torch.zeros(len(block), count, dtype=torch.float64, device=block.device)
        for columns, part in self._parts(count):
            total += inner_products(block[:, columns], part)
        return total

    def subtract(self, block: Tensor, coefficients: Tensor) -> Tensor:
        """Return block − coefficients · rows for a block (k, p) and coefficients (k, m)."""
        rest = torch.empty_like(block)
        for columns, part in self._parts(coefficients.shape[1]):
            of_block, factors = block[:, columns], coefficients.to(block)
            torch.addmm(of_block, factors, part, alpha=-1, out=rest[:, columns])
        return rest

    def combinations(self, rotation: Tensor) -> Tensor:
        """Return rotation (k, m) · the first m rows, in memory (k, p)."""
        found = self.rows.new_empty(len(rotation), self.rows.shape[1])
        for columns, part in self._parts(rotation.shape[1]):
            torch.mm(rotation.to(part), part, out=found[:, columns])
        return found

    def rotate(self, rotation: Tensor) -> None:
        """Overwrite the first k rows by rotation (k, m) · the first m."""
        kept, count = rotation.shape
        for columns, part in self._parts(count):
            for narrow in column_slices(part.shape[1]):  # no second copy of them is made
                part[:kept, narrow] = rotation.to(part) @ part[:, narrow]
            if self._file is not None:
                for number, row in enumerate(part[:kept]):
                    self._write(number, columns.start, row)

    def take(self, start: int, stop: int) -> Tensor:
        """Return some rows: a view, or a copy of what is in a file."""
        if self._file is None:
            return self.rows[start:stop]
        found = self.rows.new_empty(stop - start, self.rows.shape[1])
        for number, row in enumerate(found):
            self._read(start + number, 0, row)
        return found

    def put(self, start: int, rows: Tensor) -> None:
        """Put rows (k, p) behind the first `start` ones."""
        if self._file is None:
            self.rows[start : start + len(rows)] = rows
            return
        for number, row in enumerate(rows):
            self._write(start + number, 0, row)

    def let_go(self) -> None:
        """Give back what this process holds of `rows` in a file; they stay there."""
        if self._file is not None and hasattr(self._mapping, "madvise"):
            self._mapping.madvise(mmap.MADV_DONTNEED)

    def _parts(self, count: int) -> Iterator[tuple[slice, Tensor]]:
        """Yield the first rows (count, columns), all columns of those in memory; slices of a file.

        What is in memory may be written to. A slice is gone when the next one is asked for.
        """
        if self._file is None:
            yield slice(0, self.rows.shape[1]), self.rows[:count]
            return
        width = max(1, SLICE_BYTES // (max(count, 1) * self.rows.itemsize))
        buffer = self.rows.new_empty(count * min(width, self.rows.shape[1]))
        for columns in column_slices(self.rows.shape[1], width):
            shape = self.rows[:count, columns].shape
            part = buffer[: shape.numel()].view(shape)
            for number, row in enumerate(part):
                self._read(number, columns.start, row)
            yield columns, part

    def _read(self, number: int, column: int, row: Tensor) -> None:
        """Fill a piece of a row (columns,) from the file."""
        content, at = row.numpy().data.cast("B"), self._place(number, column)
        while content:  # the system may read less at once than it is asked for
            got = os.preadv(self._file.fileno(), [content], at)
            content, at = content[got:], at + got

    def _write(self, number: int, column: int, row: Tensor) -> None:
        content = row.contiguous().numpy().data.cast("B")
        at = self._place(number, column)
        while content:
            put = os.pwrite(self._file.fileno(), content, at)
            content, at = content[put:], at + put

    def _place(self, number: int, column: int) -> int:
        return (number * self.rows.shape[1] + column) * self.rows.itemsize
