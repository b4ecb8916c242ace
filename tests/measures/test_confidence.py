"""Networks with one boundary and any confidence."""

import pytest
import torch
from torch import nn

from helpers.problems import network_as_confident
from hessian_boundary.measures.confidence import confidence, with_confidence


@pytest.mark.parametrize("wanted", [0.1, 5.0, 300.0])
def test_the_median_gap_is_as_wanted_and_the_logits_keep_their_ratios(wanted: float) -> None:
    module, x, *_ = network_as_confident(0.7)
    before = module(x).detach()
    scaled = with_confidence(module, x, wanted)
    assert scaled is not None
    assert confidence(scaled, x) == pytest.approx(wanted)
    ratio = scaled(x) / before
    torch.testing.assert_close(ratio, ratio[0, 0].expand_as(ratio), rtol=1e-9, atol=0)
    assert torch.equal(module(x), before)


def test_the_gap_is_between_the_two_largest() -> None:
    x = torch.tensor([[1.0, 4.0, 2.0], [0.0, -3.0, 9.0], [1.0, 1.5, 0.0]])
    assert confidence(nn.Identity(), x) == 2.0  # of 2, 9 and 0.5


@pytest.mark.parametrize(
    "module",
    [
        nn.Flatten(),  # no layer to scale
        nn.Sequential(nn.Linear(2, 3), nn.Sigmoid()),  # logits do not grow with it
        nn.Sequential(nn.Linear(2, 3), nn.Softmax(1), nn.ReLU()),
    ],
)
def test_networks_whose_logits_cannot_be_scaled(module: nn.Module) -> None:
    assert with_confidence(module, torch.randn(20, 2)) is None


def test_a_network_that_tells_no_sample_apart_cannot_be_scaled() -> None:
    module = nn.Linear(2, 3)
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.bias)
    assert with_confidence(module, torch.randn(20, 2)) is None
