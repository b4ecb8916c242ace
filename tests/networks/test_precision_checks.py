"""What computes in float32 inside is refused, and not taken for float64."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.other_modules import Own
from helpers.own_networks import register
from hessian_boundary import analyse
from hessian_boundary.networks.building import build_to_train

X = torch.randn(17, 2, generator=torch.Generator().manual_seed(0))
Y = torch.arange(17) % 3


def softmax(own: Own, x: Tensor) -> Tensor:
    return own.last(F.softmax(own.first(x), -1, dtype=torch.float32).to(x.dtype))


def cast(own: Own, x: Tensor) -> Tensor:
    hidden = own.first(x)
    return own.last((hidden.float() * torch.rsqrt(hidden.float().square().mean() + 1)).type_as(x))


def at_the_end(own: Own, x: Tensor) -> Tensor:
    return own.last(torch.tanh(own.first(x))).float()


REFUSED = {
    "softmax": (softmax, "from `torch.nn.functional.softmax`"),
    "cast": (cast, "from `torch.Tensor.float`"),
    "logits": (at_the_end, "from `torch.Tensor.float`"),
}


@pytest.mark.parametrize(("forward", "message"), REFUSED.values(), ids=REFUSED)
def test_a_network_that_computes_in_float32_is_refused(forward, message: str) -> None:
    expected = f"a network that computes in torch.float64 .* found torch.float32 {message}"
    with pytest.raises(ValueError, match=expected):
        analyse(Own(forward), X, Y)


def test_a_loss_that_computes_in_float32_is_refused() -> None:
    network = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"a loss that computes in torch.float64 .* found torch"):
        analyse(network, X, Y, loss=lambda f, y: f.float().square().sum(1))


def with_positions(own: Own, x: Tensor) -> Tensor:
    places = torch.arange(x.shape[1]).float()  # constants: as exact as they were in training
    return own.last(torch.tanh(own.first(x + torch.sin(places))))


def test_constants_in_float32_are_no_part_of_it() -> None:
    assert analyse(Own(with_positions), X, Y).spectrum.attrs["rank"] > 0


def test_what_cannot_be_evaluated_in_float64_is_refused_before_the_training(monkeypatch) -> None:
    def forward(own: Own, x: Tensor) -> Tensor:
        return own.last(torch.tanh(own.first(x)) @ torch.eye(5))

    register(monkeypatch, lambda shape, classes: Own(forward))
    with pytest.raises(ValueError, match=r"'mine' that takes x in float64, too, .*x.new_zeros"):
        build_to_train({"name": "mine"}, (2,), 3, 0, X)
