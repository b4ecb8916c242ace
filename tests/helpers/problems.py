"""Small problems that several tests share: float64 networks on 150 samples in ragged batches."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss, cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem

SAMPLES = 150
BATCH = 64  # 64, 64 and a last batch of 22

torch.set_num_threads(1)  # problems this small are slower on several


@dataclass(frozen=True)
class Case:
    """A network with data: x (150, feature…), y (150,)."""

    module: nn.Module
    x: Tensor
    y: Tensor

    @property
    def problem(self) -> Problem:
        """With the cross-entropy."""
        return Problem(self.module, self.x, self.y, cross_entropy_per_sample)

    @property
    def size(self) -> int:
        return sum(parameter.numel() for parameter in self.module.parameters())


def _mlp(activation: type[nn.Module]) -> nn.Module:
    return nn.Sequential(
        nn.Linear(2, 20), activation(), nn.Linear(20, 20), activation(), nn.Linear(20, 3)
    )


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 2, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


# name -> (network, input shape)
PROBLEMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp_relu": (lambda: _mlp(nn.ReLU), (2,)),
    "mlp_sigmoid": (lambda: _mlp(nn.Sigmoid), (2,)),
    "cnn": (_cnn, (1, 8, 8)),
    "softmax_regression": (lambda: nn.Linear(4, 3), (4,)),
}


def build_problem(name: str) -> Case:
    build, shape = PROBLEMS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        module = build().double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(2)  # some confident samples, so a graded spectrum
        x = 1.5 * torch.randn(SAMPLES, *shape, dtype=torch.float64)
        y = torch.randint(3, (SAMPLES,))
    return Case(module, x, y)


def network_as_confident(scale: float) -> tuple[nn.Sequential, Tensor, Tensor, Loss]:
    """A 2-6-6-3 network with 40 samples; the larger the scale, the more confident it is."""
    generator = torch.Generator().manual_seed(2)
    module = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3))
    for parameter in module.double().parameters():
        # as float32 holds them, so that both precisions see the same network
        parameter.data.copy_(scale * torch.randn(parameter.shape, generator=generator))
    x = torch.randn(40, 2, generator=generator).double()
    return module, x, module(x).argmax(1), cross_entropy_per_sample
