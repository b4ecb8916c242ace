"""What an eigensolver is given: a matrix known by its products."""

from typing import Protocol

import torch
from torch import Tensor

NOT_FINITE = (
    "expected finite Hessian-vector products, found NaN or infinity; the parameters or inputs are "
    "not finite, or so large that the loss overflows"
)


class SymmetricOperator(Protocol):
    """A symmetric p × p matrix known by its products with blocks of vectors (k, p)."""

    dimension: int
    dtype: torch.dtype
    device: torch.device

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p)."""
