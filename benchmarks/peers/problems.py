"""The networks whose top eigenpairs every library is asked for."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from benchmarks.image_problem import LOSS, lenet
from benchmarks.large import CASES, trained
from hessian_boundary.networks.parameters import parameter_count
from hessian_boundary.networks.problem import Problem

NAMES = ("lenet5", "mlp", "resnet20")


@dataclass(frozen=True)
class Question:
    """A trained network in float64, its samples, and how small residuals are to be."""

    network: nn.Module
    x: Tensor
    y: Tensor
    title: str
    tolerance: float  # of residuals, relative to λ_max

    @cached_property
    def problem(self) -> Problem:
        """What our products are made of."""
        return Problem(self.network, self.x, self.y, LOSS)

    @property
    def what(self) -> str:
        """The first column of the table."""
        parameters = parameter_count(self.network)
        return f"{self.title}, p = {parameters:,}, n = {len(self.y):,}, to {self.tolerance:.0e}"


def question(name: str) -> Question:
    """Train the network of that name; the images are made up, see `lenet` for CIFAR-10's."""
    if name == "lenet5":
        network, x, y, source = lenet()
        return Question(network, x, y, f"LeNet-5 ({source})", 1e-8)
    titles = {"mlp": "MLP 784-1000-1000-10", "resnet20": "ResNet-20"}
    network, x, y = trained(CASES[f"{name}_hessian"])
    return Question(network.double().eval(), x.double(), y, titles[name], 1e-6)
