"""Where the basis of a Lanczos run has room: in memory, or in a temporary file beyond it."""

import sys
from dataclasses import dataclass
from functools import partial
from math import floor, isfinite

from hessian_boundary.artifacts.scratch import room
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import KrylovSpace, KrylovState
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.device import memory_of
from hessian_boundary.runtime.device import processes_of_this_machine as _processes

# Vectors of memory besides the basis, per row of a block: the frontier, its products, and what
# orthogonalising them takes.
WORKSPACE = 7
# Times as many vectors as memory holds, for which a file is worth reading it for every block.
MUCH_MORE = 2
# Share of a machine's memory that is taken where no limit is said: a basis may have p rows.
UNLIMITED = 0.25
# Copies of the basis on the disk, where states are saved: the file, the last state, the next one.
COPIES = 3


@dataclass(frozen=True)
class Room:
    """`memory_limit` in bytes, for the basis and all vectors beside it; a share of all for none.

    rows_in_file: what a temporary file may hold, 0 for none. saved: whether states are saved.
    """

    memory_limit: float
    rows_in_file: int
    saved: bool

    def space(
        self,
        operator: SymmetricOperator,
        ends: tuple[int, int],
        *,
        block: int,
        seed: int,
        resume: KrylovState | None,
    ) -> KrylovSpace:
        """Return a space for pairs at the top and at the bottom, in a file if that has more room.

        Raises MemoryLimitError as `check` does, ValueError as `KrylovSpace`.
        """
        limit, wanted = self._limit(operator), sum(ends)
        space = partial(KrylovSpace, operator, block=block, seed=seed, resume=resume, ends=ends)
        held = _fitting(operator, wanted, block, limit)
        fitting, least = self._rows_on_disk(operator) - block, _least(operator, wanted, block)
        if held >= 0 and fitting >= least and (held < least or fitting > MUCH_MORE * held):
            try:
                in_file = space(capacity=fitting, in_file=True)
            except OSError as error:  # others fill the disk meanwhile
                print(f"no temporary file for the basis: {error}", file=sys.stderr)
            else:
                print(
                    f"memory holds {held} vectors of the basis; a temporary file takes them, "
                    f"{fitting} at most",
                    file=sys.stderr,
                )
                return in_file
        return space(capacity=basis_capacity(operator, wanted, block, limit))

    def check(self, operator: SymmetricOperator, wanted: int, block: int) -> None:
        """Raise MemoryLimitError where neither memory nor a file holds such a space.

        A file takes the basis alone; what stands beside it has to fit into memory.
        """
        limit = self._limit(operator)
        on_disk = self._rows_on_disk(operator) - block >= _least(operator, wanted, block)
        if not on_disk or _fitting(operator, wanted, block, limit) < 0:
            basis_capacity(operator, wanted, block, limit)

    def _limit(self, operator: SymmetricOperator) -> float:
        if isfinite(self.memory_limit):
            return self.memory_limit
        return UNLIMITED * memory_of(operator.device)

    def _rows_on_disk(self, operator: SymmetricOperator) -> int:
        """Return how many rows a temporary file may have, frontier included."""
        if operator.device.type != "cpu" or not self.rows_in_file:
            return 0
        row = _vector_bytes(operator) * (COPIES if self.saved else 1)
        return min(self.rows_in_file, operator.dimension, room() // (row * _processes()))


def basis_capacity(
    operator: SymmetricOperator, wanted: int, block: int, memory_limit: float
) -> int:
    """Return how many basis vectors fit into `memory_limit` bytes, the workspace set aside.

    Raises MemoryLimitError when there is no room for the wanted pairs and three blocks.
    """
    capacity = _fitting(operator, wanted, block, memory_limit)
    least = _least(operator, wanted, block)
    if capacity < least:
        needed = (least + _others(wanted, block)) * _vector_bytes(operator)
        raise MemoryLimitError(
            f"expected at least {needed / 1e9:.3g} GB for the vectors of {wanted} eigenpairs of "
            f"{operator.dimension:,} parameters in blocks of {block}, found "
            f"{memory_limit / 1e9:.3g} GB, which is what `memory_limit_gb` leaves for vectors (60 "
            f"to 75 % of it); raise it, or ask for {_fewer(operator, block, memory_limit)}"
        )
    return capacity


def _fitting(operator: SymmetricOperator, wanted: int, block: int, memory_limit: float) -> int:
    """Return how many basis vectors fit beside the others; less than 0 where these do not."""
    room = memory_limit / _vector_bytes(operator) - _others(wanted, block)
    return floor(min(room, operator.dimension))


def _fewer(operator: SymmetricOperator, block: int, memory_limit: float) -> str:
    """Say how many pairs would fit in blocks of that width."""
    vectors = memory_limit / _vector_bytes(operator)
    fitting = floor((vectors - _others(0, block) - _least(operator, 0, block)) / 2)
    return f"{fitting} pairs at most" if fitting > 0 else "fewer pairs or smaller blocks"


def _least(operator: SymmetricOperator, wanted: int, block: int) -> int:
    """Return how many basis vectors a run needs: the pairs and three blocks."""
    return min(wanted + 3 * block, operator.dimension)


def _others(wanted: int, block: int) -> int:
    return WORKSPACE * block + wanted  # the pairs are copied out of the basis


def _vector_bytes(operator: SymmetricOperator) -> int:
    return operator.dimension * operator.dtype.itemsize
