"""Where the basis of a Lanczos run has room: in memory, or in a temporary file beyond it."""

import sys
from dataclasses import dataclass

from hessian_boundary.artifacts.scratch import room
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import KrylovSpace, KrylovState
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.device import processes_of_this_machine as _processes

# Vectors of memory besides the basis, per row of a block: the frontier, its products, and what
# orthogonalising them takes.
WORKSPACE = 7
# Times as many vectors as memory holds, for which a file is worth reading it for every block.
MUCH_MORE = 2
# Copies of the basis on the disk, where states are saved: the file, the last state, the next one.
COPIES = 3


@dataclass(frozen=True)
class Room:
    """`memory_limit` in bytes, for the basis and all vectors beside it.

    rows_in_file: what a temporary file may hold, 0 for none. saved: whether states are saved.
    """

    memory_limit: float
    rows_in_file: int
    saved: bool

    def space(
        self,
        operator: SymmetricOperator,
        wanted: int,
        *,
        block: int,
        seed: int,
        resume: KrylovState | None,
    ) -> KrylovSpace:
        """Return a space for so many wanted pairs, in a file where that has much more room.

        Raises MemoryLimitError as `basis_capacity` does, ValueError as `KrylovSpace`.
        """
        capacity = basis_capacity(operator, wanted, block, self.memory_limit)
        fitting = self._rows_on_disk(operator) - block
        if fitting > MUCH_MORE * capacity:
            try:
                space = KrylovSpace(
                    operator, block=block, capacity=fitting, seed=seed, resume=resume, in_file=True
                )
            except OSError as error:  # others fill the disk meanwhile
                print(f"no temporary file for the basis: {error}", file=sys.stderr)
            else:
                print(
                    f"memory holds {capacity} vectors of the basis; a temporary file takes them, "
                    f"{fitting} at most",
                    file=sys.stderr,
                )
                return space
        return KrylovSpace(operator, block=block, capacity=capacity, seed=seed, resume=resume)

    def _rows_on_disk(self, operator: SymmetricOperator) -> int:
        """Return how many rows a temporary file may have, frontier included."""
        if operator.device.type != "cpu" or not self.rows_in_file:
            return 0
        row = operator.dimension * operator.dtype.itemsize * (COPIES if self.saved else 1)
        return min(self.rows_in_file, operator.dimension, room() // (row * _processes()))


def basis_capacity(
    operator: SymmetricOperator, wanted: int, block: int, memory_limit: float
) -> int:
    """Return how many basis vectors fit into `memory_limit` bytes, the workspace set aside.

    Raises MemoryLimitError when there is no room for the wanted pairs and three blocks.
    """
    vector = operator.dimension * operator.dtype.itemsize
    others = WORKSPACE * block + wanted  # the pairs are copied out of the basis
    needed = min(wanted + 3 * block, operator.dimension)
    capacity = int(min(memory_limit / vector - others, operator.dimension))
    if capacity < needed:
        raise MemoryLimitError(
            f"expected a memory limit of at least {(needed + others) * vector / 1e9:.3g} GB for "
            f"{wanted} eigenpairs of {operator.dimension:,} parameters in blocks of {block}, found "
            f"{memory_limit / 1e9:.3g} GB; raise it, or ask for fewer pairs or smaller blocks"
        )
    return capacity
