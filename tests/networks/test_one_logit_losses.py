"""Losses that are written for a network's one output, against that network's own Hessian."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.own_networks import register
from hessian_boundary import analyse
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.problem import Problem

X = torch.randn(17, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = (X[:, 0] + X[:, 1] > 0).long()


def network(*last: nn.Module) -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), *last).double()


def binary(f: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(f, y.to(f), reduction="none")


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "a column": lambda f, y: binary(f[:, 0], y),
    "squeezed": lambda f, y: binary(f.squeeze(1), y),
    "viewed": lambda f, y: binary(f.view(-1), y),
    "hinge": lambda f, y: F.softplus(1 - (2 * y - 1) * f[:, 0]),
    "squares": lambda f, y: (f[:, 0] - y).square(),
}


def own_hessian(module: nn.Module, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    parameters = list(module.parameters())
    slope = torch.autograd.grad(loss(module(X), Y).mean(), parameters, create_graph=True)
    flat = torch.cat([part.reshape(-1) for part in slope])
    return torch.stack(
        [
            torch.cat([
                part.reshape(-1)
                for part in torch.autograd.grad(
                    entry, parameters, retain_graph=True, materialize_grads=True
                )
            ])
            for entry in flat
        ]
    )  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_hessian_is_that_of_the_loss_of_one_output(loss) -> None:
    module = network()
    expected = torch.linalg.eigvalsh(own_hessian(module, loss)).flip(0)
    found = analyse(module, X, Y, loss=loss).spectrum["eigenvalues"].values
    torch.testing.assert_close(torch.from_numpy(found[:4].copy()), expected[:4])


def test_a_flat_output_takes_a_loss_of_its_shape() -> None:
    module, column = network(nn.Flatten(0)), network()
    found = analyse(module, X, Y, loss=lambda f, y: (f - y).square())
    expected = analyse(column, X, Y, loss=LOSSES["squares"])
    assert found.measures == pytest.approx(expected.measures, nan_ok=True)


@pytest.mark.parametrize("name", ["a column", "squeezed"])
def test_the_binary_cross_entropy_is_recognised(name: str) -> None:
    assert Problem(network(), X, Y, LOSSES[name]).loss is cross_entropy_per_sample


def test_a_loss_of_two_logits_is_one_of_zero_and_the_output() -> None:
    def two(f: Tensor, y: Tensor) -> Tensor:
        return (f[:, 1] - f[:, 0] - y).square()

    found = analyse(network(), X, Y, loss=two).spectrum["eigenvalues"].values
    expected = analyse(network(), X, Y, loss=LOSSES["squares"]).spectrum["eigenvalues"].values
    torch.testing.assert_close(torch.from_numpy(found), torch.from_numpy(expected))


def test_what_a_single_output_leaves_open_is_refused() -> None:
    with pytest.raises(ValueError, match="a logit per class for the squared error"):
        analyse(network(), X, Y, loss="squared_error")
    for last in (nn.Sigmoid(), nn.Sequential(nn.Sigmoid(), nn.Flatten(0))):
        with pytest.raises(ValueError, match="found a sigmoid at its end; leave it out"):
            analyse(network(last), X, Y)


def test_a_sigmoid_at_the_end_is_refused_before_the_training(monkeypatch) -> None:
    register(monkeypatch, lambda shape, classes: network(nn.Sigmoid()).float())
    with pytest.raises(ValueError, match=r"architecture .*mine.*found a sigmoid at its end"):
        build_model({"name": "mine"}, (2,), 2, seed=0)


def test_looking_for_a_sigmoid_changes_nothing(monkeypatch) -> None:
    def build(shape, classes):
        return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1), nn.Hardtanh())

    register(monkeypatch, build)
    module = build_model({"name": "mine"}, (2,), 2, seed=0, samples=X[:1].float())
    assert module.network[1].num_batches_tracked == 0
    assert not module.network[1].running_mean.any()
