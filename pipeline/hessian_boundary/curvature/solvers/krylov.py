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

from hessian_boundary.curvature.solvers.linear_algebra import (
    column_slices,
    inner_products,
    orthogonalise,
    principal_directions,
)
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.seeds import derive_seed

# Share of the room beyond the wanted vectors that a restart keeps.
KEPT = 0.5
# Up to this size T is diagonalised after every block; beyond, after a constant share of growth.
EVERY_BLOCK = 400


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


@dataclass(frozen=True)
class Ritz:
    """Outermost eigenpairs of T, descending."""

    values: Tensor  # (k,) float64
    rotation: Tensor  # (k, m) float64: the Ritz vectors are rotation · Q
    residuals: Tensor  # (k,) estimated ‖H v − θ v‖, exact up to round-off
    scale: float  # largest |θ| of all


class KrylovSpace:
    """The basis in one buffer of `capacity` + `block` rows, its projection, and the steps on them.

    Raises ValueError when the state to go on from does not fit the operator or the buffer, and
    when a product is not finite.
    """

    def __init__(
        self,
        operator: SymmetricOperator,
        *,
        block: int,
        capacity: int,
        seed: int,
        resume: KrylovState | None = None,
    ) -> None:
        self.operator, self.block, self.capacity, self.seed = operator, block, capacity, seed
        self.buffer = torch.empty(
            capacity + block, operator.dimension, dtype=operator.dtype, device=operator.device
        )
        self.projected = self.coupling = torch.zeros(0, 0, dtype=torch.float64)
        self.products = self.rows = 0  # rows: of the buffer in use, frontier included
        if resume is None:
            self._append(self.buffer[:0])
            return
        rows, dimension = resume.basis.shape
        if dimension != operator.dimension or rows > len(self.buffer):
            raise ValueError(
                f"expected a state of {operator.dimension} parameters and at most "
                f"{len(self.buffer)} vectors, found {dimension} and {rows}; resume with the same "
                "operator and at least the same memory limit"
            )
        self.buffer[:rows] = resume.basis
        self.projected, self.coupling = resume.projected, resume.coupling
        self.products, self.rows = resume.products, rows

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
        known, basis = self.size, self.buffer[: self.rows]
        image = self.operator(basis[known:])
        if not torch.isfinite(image).all():
            raise ValueError(NOT_FINITE)
        self.products += len(image)
        coefficients = inner_products(image, basis)
        image = torch.addmm(image, coefficients.to(image), basis, alpha=-1)
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
        basis = self.buffer[: self.rows]
        return KrylovState(basis, self.projected, self.coupling, self.products, changed)

    def ritz(self, top: int, bottom: int) -> Ritz:
        """Return the `top` largest and `bottom` smallest eigenpairs of T."""
        values, columns = torch.linalg.eigh(self.projected)
        indices = list(range(self.size))[::-1]
        chosen = indices[:top] + indices[self.size - bottom :]
        rotation = columns.T[chosen]
        outside = rotation[:, self.size - len(self.coupling) :] @ self.coupling
        residuals = torch.linalg.vector_norm(outside, dim=1)
        return Ritz(values[chosen], rotation, residuals, float(values.abs().max()))

    def rotate(self, rotation: Tensor) -> Tensor:
        """Overwrite the first rows of the basis by rotation (k, m) · Q and return them (k, p)."""
        rotation = rotation.to(self.buffer)
        for columns in column_slices(self.buffer.shape[1]):
            self.buffer[: len(rotation), columns] = rotation @ self.buffer[: self.size, columns]
        return self.buffer[: len(rotation)]

    def _restart(self, top: int, bottom: int) -> None:
        room = int(KEPT * (self.capacity - top - bottom))
        more = room * top // (top + bottom)
        kept = self.ritz(top + more, bottom + room - more)
        frontier = self.buffer[self.size : self.rows].clone()
        self.rotate(kept.rotation)
        self.projected = torch.diag(kept.values)
        self.rows = self.size + len(frontier)
        self.buffer[self.size : self.rows] = frontier

    def _append(self, image: Tensor) -> Tensor:
        """Put an orthonormal block behind the basis: the span of `image`, filled up randomly.

        The rows of `image` (b', p) are orthogonal to the basis up to round-off of H's size. What
        is no larger than that is dropped: the space is closed in that direction.
        """
        basis = self.buffer[: self.rows]
        count = min(self.block, self.operator.dimension - self.rows)
        directions, sizes = principal_directions(image)
        noise = 10 * torch.finfo(image.dtype).eps * float(torch.linalg.vector_norm(self.projected))
        directions = directions[sizes > noise][:count]
        generator = torch.Generator().manual_seed(derive_seed(self.seed, self.products))
        random = torch.randn(count - len(directions), basis.shape[1], generator=generator)
        frontier = torch.cat([directions, random.to(basis)])
        for _ in range(2):  # once leaves round-off that is large next to the smallest directions
            # lengths of 100,000 entries that are added up in float32 are off by 1e-5
            rest = orthogonalise(frontier, [basis]).T.double()
            frontier = torch.linalg.qr(rest).Q.T.to(basis)
        self.buffer[self.rows : self.rows + count] = frontier
        self.rows += count
        return self.buffer[self.rows - count : self.rows]
