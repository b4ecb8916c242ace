"""Hessian-vector products by plain automatic differentiation: slow, and for any network."""

from torch import Tensor

from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.networks.problem import Problem


class PlainHessian:
    """The map V (k, p) ↦ V H (k, p) of `Hessian`, reverse over reverse, vector by vector.

    For networks that forward-mode differentiation or vectorisation cannot treat: recurrent layers,
    attention, own autograd functions, branches that depend on values.
    `products` counts the vectors multiplied so far. dtype and device are the network's.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.dimension, self.dtype, self.device = problem.parameters, problem.dtype, problem.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p) with H."""
        self.products += len(block)
        return plain_products(self._problem, block)
