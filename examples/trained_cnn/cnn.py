"""A small convolutional network with batch normalisation."""

from torch import nn


def build(input_shape: tuple[int, ...] = (1, 8, 8), classes: int = 3) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(input_shape[0], 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(6 * 3 * 3, classes),
    )
