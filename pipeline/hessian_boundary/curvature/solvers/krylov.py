"""A block Krylov space of a symmetric matrix, kept orthonormal in full and within a fixed size.

With the basis Q (m, p), the projection T = Q H Qᵀ and the frontier F (b, p), the next block,

    Q H = T Q + E,    E = 0 but for the rows multiplied last, where it is C F,

so that an eigenpair (θ, u) of T gives the Ritz pair (θ, u Q), whose residual ‖u_last C‖ costs no
product. When the memory is full the basis is replaced by its outermost Ritz vectors, of which the
same relation holds after the next product (thick restart: Wu & Simon 2000, SIAM J. Matrix Anal.
Appl. 22, 602; Krylov–Schur: Stewart 2001, ibid. 23, 601; in blocks: Zhou & Saad 2008, Numer.
Algorithms 47, 341). Vectors are rows throughout.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.basis_rows import BasisRows
from hessian_boundary.curvature.solvers.linear_algebra import inner_products, principal_directions
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.seeds import derive_seed

# Share of the room beyond the wanted vectors that a restart keeps.
KEPT = 0.5
# Up to this size T is diagonalised after every block; beyond, after a constant share of growth.
EVERY_BLOCK = 400
# Length of a unit vector's part inside the basis up to which subtracting it once leaves round-off
# of the precision's size; where more is taken away, round-off is larger next to what is left.
ONCE = 0.1
# Of eigenvalues, in units of the precision and of the largest one.
ROUND_OFF = 20


@dataclass(frozen=True)
class KrylovState:
    """All that is needed to go on after a kill.

    `basis` is a view of memory that the next step overwrites. Its rows before `changed` are those
    of the state before, so a checkpoint need not write them again.
    """

    basis: Tensor  # (m + b, p) orthonormal rows: Q and, as the last b, the frontier
    projected: Tensor  # (m, m) float64, T
    coupling: Tensor  # (b', b) float64, C for the b' rows multiplied last
    products: int
    changed: int

    @property
    def frontier(self) -> int:
        """Number b of the rows that are multiplied next."""
        return len(self.basis) - len(self.projected)


@dataclass(frozen=True)
class Ritz:
    """Outermost eigenpairs of T, descending."""

    values: Tensor  # (k,) float64
    rotation: Tensor  # (k, m) float64: the Ritz vectors are rotation · Q
    residuals: Tensor  # (k,) estimated ‖H v − θ v‖, exact up to round-off
    scale: float  # largest |θ| of all
    above: Tensor  # (k,) how far the next larger eigenvalue of T is, infinite where there is none
    below: Tensor  # (k,) how far the next smaller one is
    round_off: float  # of the values, which are those of a matrix in the basis's precision


class KrylovSpace:
    """A basis with room for `capacity` + `block` rows, its projection, and the steps on them.

    Of a state to go on from that is larger than the room the outermost Ritz vectors are kept, as
    by a restart: `ends` says how many pairs are wanted at the top and at the bottom.

    Raises ValueError when that state is of another operator, and when a product is not finite;
    OSError where the rows are to be in a file, and the disk is full.
    """

    def __init__(
        self,
        operator: SymmetricOperator,
        *,
        block: int,
        capacity: int,
        seed: int,
        resume: KrylovState | None = None,
        ends: tuple[int, int] = (1, 0),
        in_file: bool = False,
    ) -> None:
        self.operator, self.block, self.capacity, self.seed = operator, block, capacity, seed
        room = capacity + block
        self.basis = BasisRows(
            room, operator.dimension, operator.dtype, operator.device, in_file=in_file
        )
        self.projected = self.coupling = torch.zeros(0, 0, dtype=torch.float64)
        self.products = self.rows = 0  # rows: of the basis, frontier included
        if resume is None:
            self._append(self.basis.rows[:0])
            return
        rows, dimension = resume.basis.shape
        if dimension != operator.dimension:
            raise ValueError(
                f"expected a state of {operator.dimension} parameters, found one of {dimension}; "
                "resume with the same operator"
            )
        self.projected, self.coupling = resume.projected, resume.coupling
        self.products, self.rows = resume.products, rows
        if rows > room:
            self._put_outermost(resume.basis, *ends)
        else:
            self.basis.put(0, resume.basis)

    @property
    def size(self) -> int:
        """Number m of vectors multiplied so far that are still in the basis."""
        return len(self.projected)

    def due(self) -> bool:
        """Say whether diagonalising T is worth its time: a function of its size alone."""
        steps = self.size // self.block
        return self.rows == self.size or steps % max(1, self.size // EVERY_BLOCK) == 0

    def grow(self, top: int, bottom: int) -> KrylovState:
        """Multiply the frontier; if there is no room for it, restart around those pairs first."""
        changed = self.rows if self.products else 0
        if self.rows > self.capacity:
            self._restart(top, bottom)
            changed = 0
        known = self.size
        self.basis.let_go()  # what was read of the state before
        image = self.operator(self.basis.take(known, self.rows))
        if not torch.isfinite(image).all():
            raise ValueError(NOT_FINITE)
        self.products += len(image)
        coefficients = self.basis.inner_products(image, self.rows)
        image = self.basis.subtract(image, coefficients)
        rows = coefficients.cpu()
        rows[:, known:] = (rows[:, known:] + rows[:, known:].T) / 2
        self.projected = torch.cat(
            [torch.cat([self.projected, rows[:, :known].T], dim=1), rows], dim=0
        )
        frontier = self._append(image)
        self.coupling = inner_products(image, frontier).cpu()
        return self.state(changed)

    def state(self, changed: int = 0) -> KrylovState:
        """Return what the next step starts from."""
        basis = self.basis.rows[: self.rows]
        return KrylovState(basis, self.projected, self.coupling, self.products, changed)

    def ritz(self, top: int, bottom: int) -> Ritz:
        """Return the `top` largest and `bottom` smallest eigenpairs of T."""
        values, columns = torch.linalg.eigh(self.projected)
        indices = list(range(self.size))[::-1]
        chosen = indices[:top] + indices[self.size - bottom :]
        rotation = columns.T[chosen]
        outside = rotation[:, self.size - len(self.coupling) :] @ self.coupling
        residuals = torch.linalg.vector_norm(outside, dim=1)
        gaps = torch.nn.functional.pad(values.diff(), (1, 1), value=torch.inf)
        above, below = gaps[1:][chosen], gaps[:-1][chosen]
        scale = float(values.abs().max())
        round_off = ROUND_OFF * torch.finfo(self.operator.dtype).eps * scale
        return Ritz(values[chosen], rotation, residuals, scale, above, below, round_off)

    def vectors(self, ritz: Ritz) -> Tensor:
        """Return the Ritz vectors (k, p), a copy of its own."""
        return self.basis.combinations(ritz.rotation)

    def _put_outermost(self, basis: Tensor, top: int, bottom: int) -> None:
        """Put what a restart keeps of a state's basis (m + b, p), and its frontier, into rows."""
        kept, size = self._outermost(top, bottom), self.size
        for start in range(0, len(kept.rotation), self.block):
            rotation = kept.rotation[start : start + self.block]
            self.basis.put(start, rotation.to(basis) @ basis[:size])
        self.coupling = kept.rotation[:, size - len(self.coupling) :] @ self.coupling
        self.projected = torch.diag(kept.values)
        self.basis.put(self.size, basis[size:])
        self.rows = self.size + len(basis) - size

    def _outermost(self, top: int, bottom: int) -> Ritz:
        """Return the pairs that a restart keeps: those wanted, and some room's worth beyond."""
        room = int(KEPT * (self.capacity - top - bottom))
        more = room * top // (top + bottom)
        return self.ritz(top + more, bottom + room - more)

    def _restart(self, top: int, bottom: int) -> None:
        kept = self._outermost(top, bottom)
        frontier = self.basis.take(self.size, self.rows).clone()
        self.basis.rotate(kept.rotation)
        self.projected = torch.diag(kept.values)
        self.rows = self.size + len(frontier)
        self.basis.put(self.size, frontier)

    def _append(self, image: Tensor) -> Tensor:
        """Put an orthonormal block behind the basis: the span of `image`, filled up randomly.

        The rows of `image` (b', p) are orthogonal to the basis up to round-off of H's size. What
        is no larger than that is dropped: the space is closed in that direction.
        """
        count = min(self.block, self.operator.dimension - self.rows)
        # in float32 a decomposition of 1,000,000 columns spans the image but for 1e-5 of its size,
        # which the residuals' estimates would not know of
        directions, sizes = principal_directions(image.double())
        directions = directions.to(image)
        noise = 10 * torch.finfo(image.dtype).eps * float(torch.linalg.vector_norm(self.projected))
        directions = directions[sizes > noise][:count]
        generator = torch.Generator().manual_seed(derive_seed(self.seed, self.products))
        random = torch.randn(count - len(directions), self.operator.dimension, generator=generator)
        frontier = torch.cat([directions, random.to(image)])
        for _ in range(2):
            inside = self.basis.inner_products(frontier, self.rows)
            rest = self.basis.subtract(frontier, inside).T.double()
            frontier = torch.linalg.qr(rest).Q.T.to(image)
            if not (torch.linalg.vector_norm(inside, dim=1) > ONCE).any():
                break
        self.basis.put(self.rows, frontier)
        self.rows += count
        return frontier
