"""Networks of dense and convolutional layers with every option, and samples for them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hessian_boundary.networks.architectures import mlp

SAMPLES = 11


def lenet() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 3)),
    )


# name -> (network, input shape); products of tangents with every later layer, and every option
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "one layer": (lambda: nn.Linear(4, 3), (4,)),
    "one convolution": (
        lambda: nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.AvgPool2d(3), nn.Flatten()),
        (2, 4, 4),
    ),
    "3 dense": (lambda: mlp.build((2,), 3, hidden=[6, 5]), (2,)),
    "4 dense": (lambda: mlp.build((2, 2), 3, hidden=[6, 5, 4]), (2, 2)),
    "dense without bias": (
        lambda: nn.Sequential(
            *(nn.Linear(3, 5, bias=False), nn.ReLU(), nn.Linear(5, 4), nn.ReLU()),
            *(nn.Linear(4, 4, bias=False), nn.ReLU(), nn.Linear(4, 3), nn.ReLU()),
        ),
        (3,),
    ),
    "dense, nothing between, one unit": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1), nn.Identity(), nn.Linear(1, 3)),
        (3,),
    ),
    "lenet": (lenet, (1, 12, 12)),
    "strides, padding, dilation, no bias": (
        lambda: nn.Sequential(
            *(nn.Conv2d(2, 3, (2, 3), stride=(1, 2), padding=(1, 0), bias=False), nn.ReLU()),
            *(nn.Conv2d(3, 2, 2, dilation=2, padding=1), nn.MaxPool2d(3, 2, padding=1)),
            nn.Sequential(nn.ReLU(), nn.Conv2d(2, 4, 2, padding=1), nn.Identity()),
            *(nn.ReLU(), nn.Flatten(), nn.Linear(72, 3)),
        ),
        (2, 8, 9),
    ),
    "pools": (
        lambda: nn.Sequential(
            *(nn.AvgPool2d(2), nn.Conv2d(1, 3, 2), nn.AvgPool2d(2, 1, padding=1), nn.ReLU()),
            *(nn.Conv2d(3, 2, 1), nn.MaxPool2d(2, ceil_mode=True), nn.Conv2d(2, 2, 2)),
            *(nn.Flatten(), nn.Linear(8, 4), nn.Flatten(), nn.ReLU(), nn.Linear(4, 3)),
        ),
        (1, 10, 10),
    ),
}


def build_network(name: str, scale: float = 1.5) -> tuple[nn.Module, Tensor, Tensor]:
    build, shape = NETWORKS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        module = build().double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(scale)
        x = torch.randn(SAMPLES, *shape, dtype=torch.float64)
        return module, x, torch.randint(3, (SAMPLES,))
