"""Eigenpairs of the Gauss-Newton part of the Hessian, for networks of any size.

F = Σ_k a_k a_kᵀ has m vectors a_k (`logit_factor`), and every gradient at its predicted label lies
in their span. With W the (m, p) array of the pulled-back cotangents and Wᵀ = Q R, Q of orthonormal
columns, everything is decided in the min(m, p) dimensions of R's columns: of Q nothing is needed,
and of W one slice of parameters at a time. Memory O(m²) and one slice, time O(p m²).
"""

from dataclasses import dataclass, replace

import torch
from scipy.linalg import lstsq
from torch import Tensor

from hessian_boundary.curvature.gauss_newton.factor_rows import (
    AT_ONCE,
    FactorRows,
    SpreadRows,
)
from hessian_boundary.curvature.gauss_newton.graded_svd import ROUND_OFF, graded_eigenpairs
from hessian_boundary.curvature.gauss_newton.logit_factor import LogitFactor
from hessian_boundary.curvature.gauss_newton.row_slices import SLICE_BYTES
from hessian_boundary.networks.problem import Problem


@dataclass(frozen=True)
class GaussNewtonPairs:
    """All eigenpairs of F outside its null space, and the gradients, in coordinates of Q."""

    rows: FactorRows | SpreadRows  # W
    factor: LogitFactor  # of m = n K dyads, those of samples that F leaves out with scale 0
    triangle: Tensor  # R (d, m), d = min(m, p)
    products: Tensor  # (m, j) of W's rows with the directions (j, p) that were asked for
    eigenvalues: Tensor  # (r,) descending
    coordinates: Tensor  # (r, d) of the eigenvectors

    @property
    def problem(self) -> Problem:
        """Whose rows they are."""
        return self.rows.problem

    def combined(self, rows: Tensor) -> Tensor:
        """Return Σ_c z_sc w_sc (n, j) for rows w (m, j): of W's rows, the scaled gradients."""
        weights = self.factor.gradients
        return torch.einsum("sk,skj->sj", weights, rows.unflatten(0, weights.shape))

    def eigenvectors(self, count: int) -> Tensor:
        """Return the first eigenvectors (count, p), by a backward pass for each.

        They are combinations of W's rows, scaled to unit length, with weights y of least squares
        whose norm is not small: U y = c for the units U (d, m) and coordinates c. The sum
        (1/λ) Σ_k ⟨a_k, v⟩ a_k would be one, too, but with round-off of 1e-16 λ_1/λ.
        """
        sizes = torch.linalg.vector_norm(self.triangle, dim=0)
        divisors = torch.where(sizes > 0, sizes, 1)
        units, wanted = (self.triangle / divisors).cpu().numpy(), self.coordinates[:count].T
        weights = lstsq(
            units, wanted.cpu().numpy(), cond=ROUND_OFF, lapack_driver="gelsy", check_finite=False
        )[0]
        return self.rows.combinations(torch.from_numpy(weights.T).to(self.triangle) / divisors)

    def residuals(self, vectors: Tensor) -> Tensor:
        """Return ‖F v − λ v‖ (count,) for the first eigenvectors (count, p), by J v and Jᵀ c."""
        squares, found = self.factor.scales.flatten().square(), []
        values = self.eigenvalues[: len(vectors), None]
        for some, of_some in zip(vectors.split(AT_ONCE), values.split(AT_ONCE), strict=True):
            products = self.rows.combinations(self.rows.products(some) * squares)
            found.append(torch.linalg.vector_norm(products.sub_(of_some * some), dim=1))
        return torch.cat(found)


def gauss_newton_pairs(
    problem: Problem,
    directions: Tensor | None = None,
    slice_bytes: int = SLICE_BYTES,
) -> GaussNewtonPairs:
    """Return all eigenpairs of F for a problem in float64.

    F depends on the true labels only where the loss weights classes. Products of the rows with
    `directions` (j, p) are taken along the way. `slice_bytes` bounds one slice of the rows and
    changes nothing else.

    Raises ValueError for a loss whose factor is not known, or that is flat in float64.
    """
    if directions is None:
        directions = torch.empty(0, problem.parameters, dtype=problem.dtype, device=problem.device)
    rows = FactorRows(problem, slice_bytes)
    return decomposed(rows, *rows.triangle(directions))


def decomposed(
    rows: FactorRows | SpreadRows,
    triangle: Tensor,
    products: Tensor,
    members: Tensor | None = None,
) -> GaussNewtonPairs:
    """Return all eigenpairs of F from R (d, m) of its rows and their products (m, j).

    With `members` (n,), F is that of the mean loss of these samples alone, and the gradients of the
    others are there all the same.
    """
    factor = rows.factor
    if members is not None:
        factor = replace(factor, scales=_of_members(factor.scales, members))
    sizes = torch.linalg.vector_norm(triangle, dim=0)
    units = (triangle / torch.where(sizes > 0, sizes, 1)).T
    lengths = factor.scales.flatten() * sizes
    eigenvalues, coordinates = graded_eigenpairs(units.cpu().numpy(), lengths.cpu().numpy())
    return GaussNewtonPairs(
        rows=rows,
        factor=factor,
        triangle=triangle,
        products=products,
        eigenvalues=torch.from_numpy(eigenvalues).to(triangle),
        coordinates=torch.from_numpy(coordinates).to(triangle),
    )


def _of_members(scales: Tensor, members: Tensor) -> Tensor:
    """Return the scales (n, K) of a mean over the members (n,) instead of all samples."""
    share = members.double().mean().to(scales)
    return torch.where(members[:, None], scales / share.sqrt(), 0)
