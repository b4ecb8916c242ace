"""The paper's small convolutional network for MNIST."""

from collections.abc import Sequence

from torch import nn


def build(input_shape: Sequence[int], classes: int) -> nn.Module:
    """Two blocks (3×3 convolution, ReLU, max-pool 2) with 16 and 32 channels, one dense layer.

    PyTorch's default initialisation. PAPER: 7,203 parameters for 1×28×28 inputs and three classes.

    Raises ValueError for inputs that are not images or too small for the two blocks.
    """
    blocks, features = convolution_blocks(input_shape, channels=(16, 32), kernel=3)
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(features, classes))


def convolution_blocks(
    input_shape: Sequence[int], *, channels: Sequence[int], kernel: int
) -> tuple[list[nn.Module], int]:
    """Return one block (convolution, ReLU, max-pool 2) per number of channels, and what is left.

    The second value is the number of features per sample after the last block.

    Raises ValueError for an `input_shape` that is not (channel, row, column) or is too small.
    """
    if len(input_shape) != 3:
        raise ValueError(
            f"expected images (channel, row, column), found inputs of shape {tuple(input_shape)}; "
            "use the architecture `mlp` for feature vectors"
        )
    width, *sides = input_shape
    layers: list[nn.Module] = []
    for units in channels:
        # the maximum and ReLU commute, and on a quarter of the numbers ReLU costs a quarter
        layers += [nn.Conv2d(width, units, kernel), nn.MaxPool2d(2), nn.ReLU()]
        width = units
        sides = [(side - kernel + 1) // 2 for side in sides]
    if min(sides) < 1:
        smallest = 1
        for _ in channels:
            smallest = 2 * smallest + kernel - 1
        raise ValueError(
            f"expected images of at least {smallest} × {smallest} pixels for {len(channels)} "
            f"blocks of a {kernel} × {kernel} convolution and max-pool 2, found "
            f"{input_shape[1]} × {input_shape[2]}"
        )
    return layers, width * sides[0] * sides[1]
