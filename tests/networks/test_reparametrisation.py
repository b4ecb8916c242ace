"""Rescaled layers: the function is compared with the original one, the scales by hand."""

import pytest
import torch
from torch import nn

from hessian_boundary.networks.rescaling import rescale_layers


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3)
    ).double()


def test_the_function_stays_when_the_scales_multiply_to_one() -> None:
    module, x = network(), torch.randn(50, 2, dtype=torch.float64)
    before = module(x)
    weight = module[2].weight.clone()
    rescale_layers(module, [0.2, 5, 1])
    torch.testing.assert_close(module(x), before, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(module[2].weight, 5 * weight)


def test_logits_are_multiplied_by_the_product_and_predictions_stay() -> None:
    module, x = network(), torch.randn(50, 2, dtype=torch.float64)
    before = module(x)
    rescale_layers(module, [2, 3, 0.5])
    torch.testing.assert_close(module(x), 3 * before, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("scales", [[1, 2], [1, 2, 0], [1, -1, 1]])
def test_one_positive_scale_per_layer(scales: list[float]) -> None:
    with pytest.raises(ValueError, match="expected 3 positive scales, one per layer, found"):
        rescale_layers(network(), scales)


def test_networks_whose_function_would_change_are_refused() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=r"expected a network of ReLU and pooling.* Sigmoid"):
        rescale_layers(module, [2, 0.5])
