"""A residual network of two blocks, with batch normalisation."""

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """x + f(x), f two convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        change = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(x + self.second_norm(self.second(change)))


def build(input_shape: tuple[int, ...], classes: int, *, channels: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(input_shape[0], channels, 3, padding=1),
        Block(channels),
        nn.MaxPool2d(2),
        Block(channels),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )
