"""Losses that are written for a network's one output, against that network's own Hessian."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.own_networks import register
from hessian_boundary import analyse
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.losses.recognised import is_cross_entropy
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
    "squares": lambda f, y: (f[:, 0] - (2 * y - 1)).square(),
}
# as PyTorch has it: labels are real numbers of the shape of the output
MODULES: dict[str, tuple[nn.BCEWithLogitsLoss, float]] = {
    "module": (nn.BCEWithLogitsLoss(reduction="none"), 1.0),
    "module with a weight": (
        nn.BCEWithLogitsLoss(reduction="none", pos_weight=torch.tensor([3.0])), 3.0
    ),
}  # fmt: skip


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
    found = analyse(module, X, Y, loss=lambda f, y: (f - (2 * y - 1)).square())
    expected = analyse(column, X, Y, loss=LOSSES["squares"])
    assert found.measures == pytest.approx(expected.measures, nan_ok=True)


@pytest.mark.parametrize("last", [(), (nn.Flatten(0),)], ids=["column", "flat"])
@pytest.mark.parametrize(("loss", "weight"), MODULES.values(), ids=MODULES)
def test_pytorchs_own_binary_loss_may_be_given_as_it_is(last, loss, weight: float) -> None:
    def own(f: Tensor, y: Tensor) -> Tensor:
        return (1 + (weight - 1) * y) * binary(f[:, 0], y)

    expected = torch.linalg.eigvalsh(own_hessian(network(), own)).flip(0)
    found = analyse(network(*last), X, Y, loss=loss)
    assert is_cross_entropy(found.problem.loss)  # whose short gradients keep their digits
    values = torch.from_numpy(found.spectrum["eigenvalues"].values[:4].copy())
    torch.testing.assert_close(values, expected[:4])


def test_smoothed_labels_of_two_logits_are_no_loss_of_one() -> None:
    def smoothed(f: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(f, y, label_smoothing=0.1, reduction="none")

    def by_hand(f: Tensor, y: Tensor) -> Tensor:
        return 0.95 * binary(f[:, 0], y) + 0.05 * binary(f[:, 0], 1 - y)

    expected = torch.linalg.eigvalsh(own_hessian(network(), by_hand)).flip(0)
    found = analyse(network(), X, Y, loss=smoothed).spectrum["eigenvalues"].values
    torch.testing.assert_close(torch.from_numpy(found[:4].copy()), expected[:4])


@pytest.mark.parametrize("name", ["a column", "squeezed"])
def test_the_binary_cross_entropy_is_recognised(name: str) -> None:
    assert Problem(network(), X, Y, LOSSES[name]).loss is cross_entropy_per_sample


def test_a_loss_of_two_logits_is_one_of_zero_and_the_output() -> None:
    def two(f: Tensor, y: Tensor) -> Tensor:
        return (f[:, 1] - f[:, 0] - (2 * y - 1)).square()

    found = analyse(network(), X, Y, loss=two).spectrum["eigenvalues"].values
    expected = analyse(network(), X, Y, loss=LOSSES["squares"]).spectrum["eigenvalues"].values
    torch.testing.assert_close(torch.from_numpy(found), torch.from_numpy(expected))


def test_what_a_single_output_leaves_open_is_refused() -> None:
    with pytest.raises(ValueError, match="a logit per class for the squared error"):
        analyse(network(), X, Y, loss="squared_error")
    for last in (nn.Sigmoid(), nn.Sequential(nn.Sigmoid(), nn.Flatten(0))):
        with pytest.raises(ValueError, match="found a sigmoid at its end; leave it out"):
            analyse(network(last), X, Y)


class Scaled(nn.Module):
    """A probability whose sigmoid is not the last operation."""

    def __init__(self) -> None:
        super().__init__()
        self.network = network()

    def forward(self, x: Tensor) -> Tensor:
        return 1e-7 + (1 - 2e-7) * torch.sigmoid(self.network(x))


NOT_OF_A_LOGIT = {
    "near 0 or 1": (network, lambda f, y: (f[:, 0] - y).square()),
    "a probability's error": (Scaled, lambda f, y: (f[:, 0] - y).square()),
    "a probability's likelihood": (
        Scaled, lambda f, y: F.binary_cross_entropy(f[:, 0], y.to(f), reduction="none")
    ),
    "by hand": (Scaled, lambda f, y: -torch.log(torch.where(y == 1, f[:, 0], 1 - f[:, 0]))),
}  # fmt: skip


@pytest.mark.parametrize(("build", "loss"), NOT_OF_A_LOGIT.values(), ids=NOT_OF_A_LOGIT)
def test_a_boundary_that_is_not_at_zero_is_refused(build, loss) -> None:
    with pytest.raises(ValueError, match=r"decision boundary is at f = 0.*leave out the sigmoid"):
        analyse(build(), X, Y, loss=loss)


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
