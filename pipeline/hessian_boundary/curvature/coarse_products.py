"""Products in single precision beside those in double: where they pay, and are right."""

import sys

import torch

from hessian_boundary.certificates.certificate import CertificateError
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import Operator, Products, certified_products
from hessian_boundary.curvature.solvers.mixed_lanczos import SINGLE_TOLERANCE
from hessian_boundary.networks.problem import Problem

# Of smaller networks a product's time is not arithmetic's.
MEDIUM = 50_000
# From here on it pays even where the residuals asked for are beyond float32, and more products in
# float64 follow. LeNet-5 (61,411) to 1e-6 λ_max: 7.9 s in place of 10; to 1e-8 16.6 s, not 12.
LARGE = 100_000
# Share of the memory limit for what single-precision products keep, half of what double ones may.
SHARE = 0.5


def coarse_products(
    problem: Problem, options: CurvatureOptions, double: Products
) -> Operator | None:
    """Return products with the Hessian in float32 that `mixed_lanczos` may take, or None.

    They keep to the linear pieces that samples are on in float64.

    None for networks of less than 100,000 parameters (50,000 where float32 reaches the residuals
    asked for), for a problem that is not in float64 or whose numbers are not ordinary, and where
    the network has no finite products in float32 or takes another path there.
    """
    least = MEDIUM if options.residual_tolerance >= 2 * SINGLE_TOLERANCE else LARGE
    if problem.dtype != torch.float64 or problem.parameters < least or double.scale != 1:
        return None
    try:
        single = Problem.prepared(
            problem.network,
            problem.x,
            problem.y,
            problem.loss,
            dtype=torch.float32,
            device=problem.device,
        )
        products = certified_products(
            single, "lanczos", SHARE * options.memory_limit, pieces_of=problem
        )
    except (CertificateError, ValueError) as error:
        print(f"products in float64 alone: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    return products.operator if products.path == double.path else None
