"""A network with two hidden layers."""

from torch import nn


def build(input_shape: tuple[int, ...], classes: int, *, width: int) -> nn.Module:
    (features,) = input_shape
    return nn.Sequential(
        nn.Linear(features, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, classes),
    )
