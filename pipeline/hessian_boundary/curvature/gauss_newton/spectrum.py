"""The top of the Gauss-Newton part's spectrum, in the schema of every spectrum."""

import sys

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.curvature.gauss_newton.decomposition import GaussNewtonPairs
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.spectrum_dataset import UNCHECKED, spectrum_dataset

ORTHONORMAL = 1e-8  # cosines of eigenvectors, and errors of their squared lengths, at most


def gauss_newton_spectrum(pairs: GaussNewtonPairs, top: int, checks: str) -> xr.Dataset:
    """Return the `top` largest eigenpairs of F; the others are known in its rows' space only.

    Eigenvectors are left out from the first one on that is not orthonormal to those before: of
    nearly dependent gradients the digits do not suffice. `checks` (JSON) is what the pairs were
    checked for.
    """
    vectors = _orthonormal(pairs.eigenvectors(top))
    residuals = pairs.residuals(vectors)
    found = Eigenpairs(
        eigenvalues=pairs.eigenvalues[: len(vectors)],
        eigenvectors=vectors,
        residuals=residuals,
        certificate=float(torch.linalg.vector_norm(residuals)),
        null_space=pairs.problem.parameters - len(pairs.eigenvalues),
        complete=len(vectors) == len(pairs.eigenvalues),
    )
    attributes = {
        "method": "gauss_newton",
        "reason": "tall-skinny QR of the rows of its factor, Jacobi rotations in their space",
        "rank_tolerance": 0.0,
        "hessian_vector_products": 0,
        "trace_by_samples": float(pairs.eigenvalues.sum()),
        **UNCHECKED,
        "checks": checks,
    }
    return spectrum_dataset(found, attributes)


def _orthonormal(vectors: Tensor) -> Tensor:
    """Return the first ones (k, p) that are orthonormal, and say so where that is not all."""
    errors = (vectors @ vectors.T - torch.eye(len(vectors)).to(vectors)).abs().tril()
    good = errors.amax(1) <= ORTHONORMAL
    count = len(good) if good.all() else int(good.int().argmin())
    if count < len(good):
        print(
            f"of {len(good)} eigenvectors of the Gauss-Newton part {count} are orthonormal to "
            f"{ORTHONORMAL:.0e}; the others are left out",
            file=sys.stderr,
        )
    return vectors[:count]
