"""Per-sample gradients of further architectures: against one backward pass per sample."""

import pytest
import torch
from torch import nn

from helpers.gradient_products import assert_same_as_naive, parameter_count, random_directions
from hessian_boundary.gradients.products import gradient_path
from hessian_boundary.losses.per_sample import cross_entropy_per_sample


class _Custom(nn.Module):
    """Parameters outside of layers, a skip connection and a normalisation."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, 6), nn.Linear(6, 3)
        self.norm = nn.LayerNorm(6)
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x):
        h = torch.tanh(self.first(x))
        return self.last(self.scale * h + self.norm(h))


class _UsesItsLayerTwice(nn.Sequential):
    def forward(self, x):
        return self[1](torch.tanh(self[0](torch.tanh(self[0](x)))))


def _layer_listed_twice():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(2, 3))


def _shared_weight():
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.Linear(2, 3))
    module[2].weight = module[0].weight
    return module


# name -> (network, input shape)
NETWORKS = {
    "stride, padding, dilation": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3, stride=2, padding=(1, 2), dilation=(1, 2)),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(48, 3),
        ),
        (2, 7, 8),
    ),
    "convolution without bias": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, (2, 3), bias=False), nn.Flatten(), nn.Linear(24, 3)),
        (1, 5, 5),
    ),
    "grouped convolution": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 3, groups=2), nn.Flatten(), nn.Linear(16, 3)),
        (4, 4, 4),
    ),
    "reflecting convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(32, 3)
        ),
        (1, 4, 4),
    ),
    "convolution that keeps the size": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.Flatten(), nn.Linear(32, 3)),
        (1, 4, 4),
    ),
    "dense layer without bias": (
        lambda: nn.Sequential(nn.Linear(2, 9, bias=False), nn.Tanh(), nn.Linear(9, 3)),
        (2,),
    ),
    "dense layer at several positions": (
        lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Flatten(), nn.Linear(30, 3)),
        (6, 4),
    ),
    "nested": (
        lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 5), nn.Tanh()), nn.Linear(5, 3)),
        (2,),
    ),
    "in-place activation": (
        lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(inplace=True), nn.Linear(9, 3)),
        (2,),
    ),
    "batch normalisation": (
        lambda: nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)),
        (2,),
    ),
    "custom module": (_Custom, (2,)),
    "layer used twice in forward": (
        lambda: _UsesItsLayerTwice(nn.Linear(2, 2), nn.Linear(2, 3)),
        (2,),
    ),
    "layer listed twice": (_layer_listed_twice, (2,)),
    "shared weight": (_shared_weight, (2,)),
}

FACTORED = (
    "stride, padding, dilation",
    "convolution without bias",
    "dense layer without bias",
    "dense layer at several positions",
    "nested",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_other_architectures_agree_with_the_naive_loop(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(3)
    module = build().double().eval()
    x = torch.randn(22, *shape, dtype=torch.float64)
    assert_same_as_naive(module, x, batch_size=8)
    # an error on a fast path would else be no more than lost time
    directions = random_directions(parameter_count(module))
    path = gradient_path(module, x, directions, cross_entropy_per_sample)
    assert path.name == ("factored" if name in FACTORED else "mapped")
