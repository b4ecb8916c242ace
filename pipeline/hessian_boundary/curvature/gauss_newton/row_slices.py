"""The rows of a Gauss-Newton factor, one slice of the parameters after the other.

For m rows and p parameters they are an array of m × p numbers that may not fit anywhere. Of plain
layers each slice of columns is made when it is needed. Other networks would be differentiated anew
for each slice, which is nearly all of the time; there, all columns are made at once, of a few
samples at a time, and kept in a temporary file, where the disk has room for it and memory for all
columns of one sample.
"""

from collections.abc import Iterator, Sequence
from io import BufferedRandom
from math import isfinite

import torch
from torch import Tensor, nn

from hessian_boundary.artifacts.scratch import room_for, scratch_file
from hessian_boundary.curvature.gauss_newton.rows import BATCH, Rows, any_rows, layered_rows
from hessian_boundary.networks.parameters import parameter_count
from hessian_boundary.networks.structure import why_not_factored
from hessian_boundary.runtime.device import processes_of_this_machine
from hessian_boundary.runtime.progress import Progress

SLICE_BYTES = 2**28  # of one slice; a few times as much is needed at its side
LEAST_BYTES = 2**24  # of one, however small a limit is
SLICES = 6  # arrays of the size of a slice that are there at once, when it is decomposed
FOR_SLICES = 0.5  # of a memory limit
PARTS = 2  # arrays of the size of some samples' rows that are there at once, when they are made


def fitting_slice(module: nn.Module, memory_limit: float) -> int:
    """Return the bytes of a slice: more of a limit in bytes where each slice may cost much time.

    Networks that are not layered are differentiated anew for each slice, if the disk is full.
    """
    if not isfinite(memory_limit):
        return SLICE_BYTES
    fitting = max(LEAST_BYTES, int(FOR_SLICES * memory_limit / SLICES))
    return fitting if why_not_factored(module) else min(SLICE_BYTES, fitting)


def row_slices(
    module: nn.Module,
    x: Tensor,
    cotangents: Tensor,
    slice_bytes: int = SLICE_BYTES,
    chosen: slice | None = None,
) -> Iterator[tuple[slice, Tensor]]:
    """Yield columns of θ and the rows J_sᵀ u_sc (n · K, columns) there, samples before dyads.

    x is (n, feature…), cotangents (n, K, C). Slices follow one another from the first parameter to
    the last, or of those that are `chosen`, each of at most `slice_bytes`, but of one column at
    least.
    """
    layered = not why_not_factored(module)
    rows = (layered_rows if layered else any_rows)(module)
    chosen = chosen or slice(0, parameter_count(module))
    column = cotangents[..., 0].numel() * cotangents.element_size()  # bytes
    width = max(1, slice_bytes // column)
    slices = [
        slice(start, min(start + width, chosen.stop))
        for start in range(chosen.start, chosen.stop, width)
    ]
    size = column * _width(slices)
    # of all processes that may write such a file at the same time
    once = not layered and len(slices) > 1 and room_for(processes_of_this_machine() * size)
    once = once and PARTS * size <= SLICES * slice_bytes * len(x)
    yield from (_through_a_file if once else _made_anew)(rows, x, cotangents, slices)


def _made_anew(
    rows: Rows, x: Tensor, cotangents: Tensor, slices: Sequence[slice]
) -> Iterator[tuple[slice, Tensor]]:
    count, dyads = cotangents[..., 0].numel(), cotangents.shape[1]
    progress = Progress("parameters of the Gauss-Newton factor", _width(slices))
    for columns in slices:
        found = cotangents.new_empty(count, columns.stop - columns.start)
        for first in range(0, len(x), BATCH):
            batch = slice(first, first + BATCH)
            part = rows(x[batch], cotangents[batch], columns)
            found[first * dyads : first * dyads + len(part)] = part
            done = found.shape[1] * (first * dyads + len(part)) // count
            progress.update(columns.start - slices[0].start + done)
        yield columns, found


def _through_a_file(
    rows: Rows, x: Tensor, cotangents: Tensor, slices: Sequence[slice]
) -> Iterator[tuple[slice, Tensor]]:
    """Where others fill the disk meanwhile, before anything is yielded, each slice is made anew."""
    written = False
    try:
        with scratch_file() as file:
            _write(file, rows, x, cotangents, slices)
            written = True
            yield from _read(file, x, cotangents, slices)
    except OSError:
        if written:
            raise
    if not written:
        yield from _made_anew(rows, x, cotangents, slices)


def _write(
    file: BufferedRandom, rows: Rows, x: Tensor, cotangents: Tensor, slices: Sequence[slice]
) -> None:
    """Write slice after slice, each with all its rows."""
    count, dyads = cotangents[..., 0].numel(), cotangents.shape[1]
    first_column, size = slices[0].start, cotangents.dtype.itemsize
    whole = slice(first_column, slices[-1].stop)
    batch_size = max(1, min(BATCH, SLICE_BYTES // (dyads * _width(slices) * size)))
    progress = Progress("samples' rows of the Gauss-Newton factor", len(x))
    for first in range(0, len(x), batch_size):
        batch = slice(first, first + batch_size)
        part = rows(x[batch], cotangents[batch], whole).cpu()
        for columns in slices:
            inside = slice(columns.start - first_column, columns.stop - first_column)
            at = count * inside.start + first * dyads * (inside.stop - inside.start)
            file.seek(at * size)
            file.write(part[:, inside].contiguous().numpy().data)
        progress.update(min(first + batch_size, len(x)))
    file.flush()  # what does not fit is noticed here


def _read(
    file: BufferedRandom, x: Tensor, cotangents: Tensor, slices: Sequence[slice]
) -> Iterator[tuple[slice, Tensor]]:
    count, first_column = cotangents[..., 0].numel(), slices[0].start
    dtype = cotangents.dtype
    progress = Progress("parameters of the Gauss-Newton factor", _width(slices))
    for columns in slices:
        found = bytearray(count * (columns.stop - columns.start) * dtype.itemsize)
        file.seek(count * (columns.start - first_column) * dtype.itemsize)
        file.readinto(found)
        yield columns, torch.frombuffer(found, dtype=dtype).view(count, -1).to(x.device)
        progress.update(columns.stop - first_column)


def _width(slices: Sequence[slice]) -> int:
    return int(slices[-1].stop - slices[0].start) if slices else 0
