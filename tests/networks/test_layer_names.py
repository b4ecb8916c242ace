"""Which layer a name means, and names that mean none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hessian_boundary.networks.parameters import parameter_layers
from hessian_boundary.networks.problem import Problem


class Reversed(nn.Module):
    """Its layers are evaluated in another order than they are listed in."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.features = nn.Sequential(nn.Linear(2, 4), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class Functional(nn.Module):
    """No layer is called."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 2))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T


def _normed() -> nn.Module:
    head = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), head)


def _binary() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))


def _partly_frozen() -> nn.Module:
    network = Reversed()
    network.features.requires_grad_(False)
    network.head.bias.requires_grad_(False)
    return network


def _problem(network: nn.Module) -> Problem:
    return Problem.prepared(network, torch.ones(5, 2), torch.zeros(5, dtype=torch.long))


@pytest.mark.parametrize(
    ("build", "name", "tensors"),
    [
        (Reversed, "features.0", {"features.0.weight", "features.0.bias"}),
        (Reversed, "features", {"features.0.weight", "features.0.bias"}),
        (Reversed, "last_layer", {"head.weight", "head.bias"}),
        (_normed, "last_layer", {
            "2.bias", "2.parametrizations.weight.original0",
            "2.parametrizations.weight.original1",
        }),
        (_binary, "last_layer", {"network.2.weight", "network.2.bias"}),  # as (0, f)
        (_binary, "0", {"network.0.weight", "network.0.bias"}),
        (_partly_frozen, "head", {"head.weight"}),
    ],
)  # fmt: skip
def test_a_name_means_the_trainable_parameters_of_a_module(
    build: Callable[[], nn.Module], name: str, tensors: set[str]
) -> None:
    problem = _problem(build()).of_layer(name)
    assert set(parameter_layers(problem.network)) == tensors
    assert not any(part._forward_hooks for part in problem.network.modules())


@pytest.mark.parametrize(
    ("build", "name", "message"),
    [
        (Reversed, "features.1", r"\['head', 'features', .*found 'features.1', which has none"),
        (Reversed, "heat", r"among \['head', .*found 'heat'; did you mean 'head'"),
        (_partly_frozen, "features.0", r"among \['head'\], found 'features.0', which has none"),
        (Functional, "last_layer", "calls layers with trainable parameters, found none"),
    ],
)
def test_other_names_are_refused(build: Callable[[], nn.Module], name: str, message: str) -> None:
    problem = _problem(build())
    with pytest.raises(ValueError, match=message):
        problem.of_layer(name)


def test_a_class_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match=r"among those of the samples, \[0\], found 2"):
        _problem(Reversed()).of_class(2)
