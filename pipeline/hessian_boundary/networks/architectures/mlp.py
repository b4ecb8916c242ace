"""Fully connected networks: the paper's mlp1 (one hidden layer) and mlp2 (two)."""

from collections.abc import Sequence

from torch import nn

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def build(
    input_shape: Sequence[int], classes: int, *, hidden: Sequence[int], activation: str = "relu"
) -> nn.Module:
    """d – hidden[0] – … – C with PyTorch's default initialisation; no activation at the end.

    `hidden=[100, 100]` on 2-D data with three classes has 10,703 parameters.
    """
    layers: list[nn.Module] = [nn.Flatten()] if len(input_shape) > 1 else []
    width = 1
    for size in input_shape:
        width *= size
    for units in hidden:
        layers += [nn.Linear(width, units), ACTIVATIONS[activation]()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, classes))
