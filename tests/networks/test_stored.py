"""A network that comes back from its artifact is the one that was trained."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from helpers.other_networks import RIGHT
from helpers.own_networks import CPU, blobs, layers, register, trained, training_part
from hessian_boundary.artifacts.schema import check
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.networks.stored import trained_module


class Masked(nn.Module):
    """Draws what it never registers, in the ways that people do."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.a, self.b, self.kind = nn.Linear(2, 8), nn.Linear(8, 3), kind
        self.drawn: Any = {
            "a mask": lambda: (torch.rand(8) > 0.5).float(),
            "a permutation": lambda: np.random.permutation(8),
            "an order": lambda: random.sample(range(8), 8),
            "a projection": lambda: torch.randn(8, 8),
            "several": lambda: [torch.randn(8, 8), (torch.rand(8),)],
        }[kind]()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.a(x))
        if self.kind == "a mask":
            return self.b(h * self.drawn)
        if self.kind == "a projection":
            return self.b(torch.tanh(h @ self.drawn))
        if self.kind == "several":
            return self.b(torch.tanh(h @ self.drawn[0]) * self.drawn[1][0])
        return self.b(h[:, self.drawn].cumsum(1))


class Momentum(nn.Module):
    """Normalises with a running mean that is a buffer of its own making."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 6), nn.Linear(6, 3)
        self.register_buffer("mean", torch.zeros(6), persistent=False)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.a(x)
        if self.training:
            self.seen += 1
            self.mean = 0.9 * self.mean + 0.1 * h.detach().mean(0)
        return self.b(torch.relu(h - self.mean))


def _pruned(shape: Any, classes: int) -> nn.Module:
    network = layers(2, 8, classes)
    prune.random_unstructured(network[0], "weight", amount=0.3)
    return network


def _frozen_start(shape: Any, classes: int) -> nn.Module:
    network = layers(2, 6, 5, classes)
    network[0].requires_grad_(False)
    network[2].bias.requires_grad_(False)
    return network


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "instance statistics": lambda s, c: nn.Sequential(
        nn.Linear(2, 6), nn.BatchNorm1d(6, momentum=0.3, affine=False), nn.Tanh(), nn.Linear(6, c)
    ),
    "cumulative statistics": lambda s, c: nn.Sequential(
        nn.BatchNorm1d(2, momentum=None), nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, c)
    ),
    "a buffer of one's own": lambda s, c: Momentum(),
    "spectral normalisation": lambda s, c: nn.Sequential(
        nn.utils.spectral_norm(nn.Linear(2, 6)), nn.Tanh(), nn.Linear(6, c)
    ),
    "a parametrisation": lambda s, c: nn.Sequential(
        nn.Linear(2, 6), nn.Tanh(), nn.utils.parametrizations.weight_norm(nn.Linear(6, c))
    ),
    "pruned": _pruned,
    "frozen": _frozen_start,
    "one frozen bias": lambda s, c: nn.Sequential(
        nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, c), nn.Linear(c, c).requires_grad_(False)
    ),
    "dropout": lambda s, c: nn.Sequential(nn.Linear(2, 9), nn.Dropout(0.4), nn.Linear(9, c)),
    "lazy": lambda s, c: nn.Sequential(nn.LazyLinear(6), nn.LazyBatchNorm1d(), nn.LazyLinear(c)),
    **{
        kind: lambda s, c, kind=kind: Masked(kind)
        for kind in ("a mask", "a permutation", "an order", "a projection", "several")
    },
}


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_networks_come_back_trained_and_at_every_checkpoint(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., nn.Module]
) -> None:
    """At each epoch, the logits of a second training that ends there."""
    register(monkeypatch, build)
    dataset = blobs(52)
    x, y = training_part(dataset)
    model = trained(dataset, epochs=6, checkpoints=[0, 3, 6])
    check(model, "model")
    for epoch, stored in ((0, 0), (3, 3), (6, 6), (6, None)):
        expected = trained_module(trained(dataset, epochs=epoch), torch.float64, CPU)
        found = trained_module(model, torch.float64, CPU, stored)
        assert torch.equal(found(x.double()), expected(x.double()))
    with torch.no_grad():
        predictions = trained_module(model, torch.float32, CPU)(x).argmax(1)
    assert model.attrs["train_accuracy"] == float((predictions == y).double().mean())
    assert found(x.double()).dtype == torch.float64


@pytest.mark.parametrize(
    "build",
    [
        NETWORKS["a mask"],
        NETWORKS["an order"],
        NETWORKS["frozen"],
        NETWORKS["cumulative statistics"],
    ],
    ids=["a mask", "an order", "frozen", "statistics"],
)
def test_a_training_that_starts_from_another_model_starts_from_all_of_it(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., nn.Module]
) -> None:
    register(monkeypatch, build)
    dataset = blobs()
    x, _ = training_part(dataset)
    first = trained(dataset, epochs=5, seed=1)
    second = trained(dataset, epochs=0, seed=0, start=first)
    modules = [trained_module(model, torch.float64, CPU) for model in (first, second)]
    assert torch.equal(modules[0](x.double()), modules[1](x.double()))


def test_a_diverged_network_comes_back_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, lambda shape, classes: layers(2, 5, classes))
    model = trained(blobs(), learning_rate=1e38, epochs=100)
    assert model.attrs["status"] == "diverged"
    assert not parameter_vector(trained_module(model, torch.float32, CPU)).isfinite().all()


OTHERS = {kind: build for kind, build in RIGHT.items() if kind != "parallel"}  # it is refused


@pytest.mark.parametrize("build", OTHERS.values(), ids=OTHERS)
@pytest.mark.filterwarnings("ignore")
def test_other_peoples_networks_are_trained_and_come_back(
    monkeypatch: pytest.MonkeyPatch, build: Callable[[], nn.Module]
) -> None:
    register(monkeypatch, lambda shape, classes: build())
    dataset = blobs(52)
    x, y = training_part(dataset)
    model = trained(dataset, epochs=2)
    with torch.no_grad():
        predictions = trained_module(model, torch.float64, CPU)(x.double()).argmax(1)
    assert model.attrs["train_accuracy"] == float((predictions == y).double().mean())
