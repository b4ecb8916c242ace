"""Is what multiplies by the Hessian the Hessian of the loss?"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hessian_boundary.certificates.certificate import (
    TOLERANCE,
    Certificate,
    CertificateError,
    certify,
    spread,
)
from hessian_boundary.certificates.plain import plain_gradient, plain_products
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.activations import output_numbers
from hessian_boundary.runtime.seeds import derive_seed

WAY_OUT = (
    "a part of the network has derivatives that are not right or not symmetric (an "
    "autograd.Function whose backward cannot be differentiated; PyTorch's own weight_norm, whose "
    "second derivative is wrong in some versions): write it with other operations of PyTorch's"
)


# Outputs of all parts at all samples beyond which plain products are taken at a few samples only.
# ResNet-20 with 300 samples has 1.5e8, and such a product takes it half a minute in float64.
MANY_OUTPUTS = 3e7
# of these many samples: odd, so that batches of two are ragged
FEW = 5


def checked_problem(problem: Problem) -> Problem:
    """Return the problem, or where its plain products are expensive, that of a few samples.

    They are spread over the data set, with the first and the last among them.
    """
    if problem.samples * output_numbers(problem.network, problem.x[:1]) <= MANY_OUTPUTS:
        return problem
    few = spread(problem.samples, FEW)
    return replace(problem, x=problem.x[few], y=problem.y[few])


@dataclass(frozen=True)
class Probes:
    """Two random unit vectors u, v (p,), and H v by plain automatic differentiation.

    at_few: what the names of checks end in, where H is that of a few samples.
    """

    u: Tensor
    v: Tensor
    product: Tensor  # H v
    symmetry: Certificate
    at_few: str = ""

    @classmethod
    def of(cls, problem: Problem, at_few: str = "") -> "Probes":
        """Draw them and multiply; ⟨u, Hv⟩ = ⟨Hu, v⟩ is checked at once.

        Raises CertificateError when the products are not finite or not symmetric, or when the loss
        cannot be differentiated twice.
        """
        generator = torch.Generator().manual_seed(derive_seed("certificate of the curvature"))
        draws = torch.randn(2, problem.parameters, generator=generator, dtype=torch.float64)
        draws /= torch.linalg.vector_norm(draws, dim=1, keepdim=True)
        u, v = draws.to(problem.device, problem.dtype)
        try:
            of_u, of_v = plain_products(problem, torch.stack([u, v]))
        except (RuntimeError, NotImplementedError) as error:
            raise CertificateError(
                "expected a loss that can be differentiated twice, found "
                f"{type(error).__name__}: {error}; replace the part that this names by PyTorch's "
                "own operations"
            ) from error
        if not torch.isfinite(torch.stack([of_u, of_v])).all():
            raise CertificateError(
                "check of Hessian-vector products failed: expected finite second derivatives, "
                "found NaN or infinity; a part has none at some sample (a norm or a square root at "
                "zero): add a small number inside, or the parameters are not finite"
            )
        symmetry = certify(
            f"symmetry of the Hessian{at_few}",
            _relative(u @ of_v - of_u @ v, of_v),
            TOLERANCE[problem.dtype],
            "⟨u, H v⟩ = ⟨H u, v⟩",
            f"{float(u @ of_v):.6e} and {float(of_u @ v):.6e}",
            WAY_OUT,
        )
        return cls(u, v, of_v, symmetry, at_few)

    def error_of(self, product: Tensor) -> float:
        """Return ‖H v − product‖ / ‖H v‖; infinity where the product is not finite."""
        return _relative(product - self.product, self.product)


def certify_products(problem: Problem, probes: Probes, product: Tensor, path: str) -> Certificate:
    """Compare H v of a fast path, named `path`, with plain automatic differentiation."""
    return certify(
        f"a Hessian-vector product{probes.at_few}",
        probes.error_of(product),
        TOLERANCE[problem.dtype],
        f"|H v| = {float(torch.linalg.vector_norm(probes.product)):.6e} by plain autograd",
        f"{float(torch.linalg.vector_norm(product)):.6e} by {path}",
        WAY_OUT,
    )


def certify_covariance(
    problem: Problem, eigenvalues: Tensor, eigenvectors: Tensor, rank_tolerance: float
) -> Certificate:
    """Compare Σ v from eigenpairs (k,), (k, p) with one plain backward pass for each sample."""
    generator = torch.Generator().manual_seed(derive_seed("certificate of the covariance"))
    v = torch.randn(problem.parameters, generator=generator, dtype=torch.float64)
    v = (v / torch.linalg.vector_norm(v)).to(eigenvectors)
    expected = torch.zeros_like(v)
    for x, y in zip(problem.x, problem.y, strict=True):
        gradient = plain_gradient(problem.network, x, y, problem.loss)
        expected += gradient * (gradient @ v) / problem.samples
    found = (eigenvalues * (eigenvectors @ v)) @ eigenvectors
    cut = rank_tolerance * float(eigenvalues.max()) if len(eigenvalues) else 0.0
    size = float(torch.linalg.vector_norm(expected))
    return certify(
        "a product with the covariance",
        _relative(found - expected, expected),
        TOLERANCE[problem.dtype] + (cut / size if size else 0.0),
        f"|Σ v| = {size:.6e} by plain backward passes",
        f"{float(torch.linalg.vector_norm(found)):.6e} from the eigenpairs",
        WAY_OUT,
    )


def certify_trace(eigenvalues: Tensor, by_samples: float, allowed: float) -> Certificate:
    """Compare Σ λ_i of a complete spectrum with the trace from per-sample Jacobians.

    `allowed` is what the eigenvalues below the rank tolerance may add up to.
    """
    size = float(eigenvalues.abs().sum()) or 1.0
    tolerance = TOLERANCE[eigenvalues.dtype] + allowed / size
    return certify(
        "the trace",
        abs(float(eigenvalues.sum()) - by_samples) / size,
        tolerance,
        f"{by_samples:.8e} from per-sample Jacobians",
        f"{float(eigenvalues.sum()):.8e} from the eigenvalues",
        "one of the two fast paths treats the network wrongly: please report the network",
    )


def _relative(difference: Tensor, reference: Tensor) -> float:
    """Return |difference| / |reference|; lengths are taken of entries relative to the largest."""
    error, size = _length(difference), _length(reference)
    if not math.isfinite(error):
        return math.inf
    return error / size if size else (0.0 if error == 0 else math.inf)


def _length(vector: Tensor) -> float:
    largest = float(vector.abs().max())
    if not largest or not math.isfinite(largest):
        return largest
    return largest * float(torch.linalg.vector_norm(vector / largest))
