"""Images get the channels innermost, unless the network cannot take them so."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.flat_training import train
from hessian_boundary.training.memory_layout import in_fast_layout


class Viewing(nn.Module):
    """Flattens with `view` or `reshape`; both are common."""

    def __init__(self, name: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.dense, self.name = nn.Conv2d(1, 2, 3), nn.Linear(18, 3), name

    def forward(self, x):
        h = torch.relu(self.convolution(x))
        return self.dense(getattr(h, self.name)(len(x), -1))


def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(10, 1, 5, 5, generator=generator), torch.arange(10) % 3


@pytest.mark.parametrize(("name", "fast"), [("view", False), ("reshape", True)])
def test_the_layout_is_what_the_network_takes(name, fast) -> None:
    module = nn.Sequential(nn.Conv2d(3, 1, 1), Viewing(name))
    x = torch.randn(10, 3, 5, 5)
    found = in_fast_layout(module, x)
    assert found.is_contiguous(memory_format=torch.channels_last) == fast
    assert found.is_contiguous() == (not fast)
    assert torch.equal(found, x)
    assert module(found).shape == (10, 3)


def test_a_network_that_flattens_with_view_trains_to_the_same_parameters() -> None:
    trained = []
    for name in ("view", "reshape"):
        module = Viewing(name)
        options = {"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0, "batch_size": 4}
        train(module, *images(), F.cross_entropy, **options, epochs=5, shuffle_seed=0)
        trained.append(torch.cat([p.detach().reshape(-1) for p in module.parameters()]))
    torch.testing.assert_close(*trained, rtol=1e-5, atol=1e-6)


def test_points_of_a_plane_keep_their_layout() -> None:
    x = torch.randn(4, 2)
    assert in_fast_layout(nn.Linear(2, 3), x) is x
