"""A network with one hidden layer."""

from torch import nn


def build(input_shape: tuple[int, ...], classes: int, *, width: int) -> nn.Module:
    (features,) = input_shape
    return nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, classes))
