"""A Lanczos run of a model's Hessian: in which precision, from where on, and what is kept of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import Operator
from hessian_boundary.curvature.sample_sums import SampleSums, SpreadSums
from hessian_boundary.curvature.solver_choice import solver_memory
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.solvers.mixed_lanczos import mixed_lanczos_eigenpairs
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.seeds import derive_seed
from hessian_boundary.runtime.termination import termination_held

# Vectors that a temporary file may hold where memory holds fewer. Runs of 10 pairs of networks took
# some 120 products.
ROWS_IN_FILE = 300


class LanczosRun:
    """What is known of a run before and after it; `eigenpairs` makes it.

    remark: what to add to the reason of the method.
    """

    def __init__(
        self,
        sums: SampleSums | SpreadSums,
        options: CurvatureOptions,
        checkpoint: LanczosCheckpoint | None,
    ) -> None:
        self._sums, self._options = sums, options
        self._checkpoint = checkpoint
        self._resumed = checkpoint.load() if checkpoint else None
        self._single: Operator | None = None
        self.remark = ""

    @property
    def other_products(self) -> int:
        """Those that `sums.products` did not count: of before a kill, and in single precision."""
        before = self._resumed.products if self._resumed else 0
        return before + (self._single.products if self._single else 0)

    @property
    def for_estimates(self) -> SymmetricOperator:
        """The quickest products that there are after a run, for what is no more than an estimate.

        In single precision they are right to some 1e-6 λ_max.
        """
        return self._single or self._sums.products.balanced

    def eigenpairs(self) -> Eigenpairs:
        """Return the pairs that the options ask for, within the eigensolver's memory.

        Raises MemoryLimitError where they do not fit, NotConvergedError when it does not converge.
        """
        options, double = self._options, self._sums.products.balanced
        single = self._single = self._sums.coarse_products()
        with _kept(self._checkpoint) as on_block:
            arguments: dict[str, Any] = {
                "k_top": options.top,
                "k_bottom": options.bottom,
                "seed": derive_seed("lanczos"),
                "residual_tolerance": options.residual_tolerance,
                "memory_limit": solver_memory(options),
                "rows_in_file": max(ROWS_IN_FILE, 10 * (options.top + options.bottom)),
                "on_block": on_block,
                "resume": self._resumed,
            }
            if single is None:
                return lanczos_eigenpairs(double, **arguments)
            pairs = mixed_lanczos_eigenpairs(single, double, **arguments)
        self.remark = f"; {single.products:,} products in float32, residuals in float64"
        return pairs


@contextmanager
def _kept(checkpoint: LanczosCheckpoint | None) -> Iterator[Callable[[KrylovState], None] | None]:
    """Give what keeps each state of a run; after SIGTERM, the next one is the last."""
    if checkpoint is None:
        yield None
        return
    with termination_held() as termination:

        def save(state: KrylovState) -> None:
            checkpoint.save(state)
            if termination.asked:
                where = f" after {state.products:,} products of Lanczos"
                termination.deliver(f"{where}; its state is kept in {checkpoint.folder}")

        yield save
