"""A network that no fast path treats, and the rows of its Gauss-Newton factor by a loop."""

import torch
from torch import Tensor, nn


def cotangents_of(x: Tensor, dyads: int = 2, classes: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(4)
    return torch.randn(len(x), dyads, classes, generator=generator, dtype=torch.float64)


def naive_rows(module: nn.Module, x: Tensor, cotangents: Tensor) -> Tensor:
    parameters = list(module.requires_grad_().parameters())
    found = []
    for sample, of_sample in zip(x, cotangents, strict=True):
        for cotangent in of_sample:
            value = module(sample[None])[0] @ cotangent
            parts = torch.autograd.grad(value, parameters, materialize_grads=True)
            found.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(found)


class _Residual(nn.Module):
    """A residual block with normalisation, strides, and a branch of its own around it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.around = nn.Conv2d(2, 4, 1, stride=2)
        self.layer_norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(torch.relu(self.norm(self.first(x))))
        return self.head(self.layer_norm(torch.relu(inner + self.around(x)).mean((2, 3))))


def residual_network() -> tuple[nn.Module, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        module = _Residual().double()
        module.norm.running_mean.normal_()
        module.norm.running_var.uniform_(0.5, 2)
        return module.eval(), torch.randn(5, 2, 6, 7, dtype=torch.float64)
