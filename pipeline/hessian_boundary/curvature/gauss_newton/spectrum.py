"""The top of the Gauss-Newton part's spectrum, in the schema of every spectrum."""

import torch
import xarray as xr

from hessian_boundary.curvature.gauss_newton.decomposition import GaussNewtonPairs
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.spectrum_dataset import UNCHECKED, spectrum_dataset


def gauss_newton_spectrum(pairs: GaussNewtonPairs, top: int, checks: str) -> xr.Dataset:
    """Return the `top` largest eigenpairs of F; the others are known in its rows' space only.

    `checks` (JSON) is what the pairs were checked for.
    """
    vectors = pairs.eigenvectors(top)
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
