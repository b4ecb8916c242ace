"""H / s in place of a matrix H whose numbers are so small, or so large, that they have no squares.

Eigensolvers take lengths of vectors, and so squares. Of a network that is right with logits of 400
the Hessian has entries of 1e-174: squares and lengths are 0, and nothing is orthogonal to anything.
With a power of two for s no digit changes.
"""

import math

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator

LEAST_EXPONENT = -1000  # 1 / s shall be finite


class Balanced:
    """The products of H / s, with those of H and a power of two s."""

    def __init__(self, operator: SymmetricOperator, scale: float) -> None:
        self._operator, self._factor = operator, 1 / scale
        self.dimension, self.dtype = operator.dimension, operator.dtype
        self.device = operator.device

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p)."""
        return self._operator(block) * self._factor


def scale_of(product: Tensor) -> float:
    """Return s for a product (p,) of H with a vector of length 1; it is 1 for ordinary numbers."""
    largest, limits = float(product.abs().max()), torch.finfo(product.dtype)
    least = math.sqrt(limits.tiny) / limits.eps
    if largest == 0 or least < largest < 1 / least:
        return 1.0
    return 2.0 ** max(round(math.log2(largest)), LEAST_EXPONENT)
