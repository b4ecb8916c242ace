"""Products with the Hessian of all samples, of which every process has some."""

import torch
from torch import Tensor

from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.processes import Team


class SpreadProducts:
    """H = Σ_r (n_r / n) H_r as the map V (k, p) ↦ V H (k, p), H_r being that of process r.

    `name` is that of the function that gives (n_r / n) V H_r. `products` counts the vectors
    multiplied so far.
    """

    def __init__(self, team: Team, name: str, problem: Problem, dtype: torch.dtype) -> None:
        self._team, self._name = team, name
        self.dimension, self.dtype, self.device = problem.parameters, dtype, problem.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p) with H."""
        self.products += len(block)
        return self._team.total(self._name, block)
