"""ResNet-20 for images of 32 × 32 pixels: residual blocks with batch normalisation.

Source: He, Zhang, Ren & Sun (2016), CVPR, Sections 3.3 and 4.2.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """relu(s(x) + n₂(W₂ * relu(n₁(W₁ * x)))): two 3×3 convolutions W beside a shortcut s.

    n is batch normalisation, s the identity, or where the shape changes a normalised 1×1
    convolution (the paper's option B). (n, inputs, r, c) ↦ (n, outputs, r / stride, c / stride),
    rounded up.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output for inputs (n, inputs, row, column)."""
        change = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.shortcut(x) + self.second_norm(self.second(change)))


def build(input_shape: Sequence[int], classes: int) -> nn.Module:
    """A 3×3 convolution, three stages of three blocks with 16, 32 and 64 channels, mean, dense.

    PyTorch's default initialisation. 272,474 parameters for 3×32×32 inputs and ten classes
    (269,722 with the paper's option A, shortcuts without parameters).

    Raises ValueError for inputs that are not images.
    """
    return residual_network(input_shape, classes, channels=(16, 32, 64), blocks=3)


def residual_network(
    input_shape: Sequence[int], classes: int, *, channels: Sequence[int], blocks: int
) -> nn.Module:
    """Return a network of one stage per number of channels, of so many blocks each.

    From the second stage on the first block halves rows and columns.

    Raises ValueError for an `input_shape` that is not (channel, row, column).
    """
    if len(input_shape) != 3:
        raise ValueError(
            f"expected images (channel, row, column), found inputs of shape {tuple(input_shape)}; "
            "use the architecture `mlp` for feature vectors"
        )
    width = channels[0]
    first = nn.Conv2d(input_shape[0], width, 3, padding=1, bias=False)
    parts: list[nn.Module] = [first, nn.BatchNorm2d(width), nn.ReLU()]
    for stage, units in enumerate(channels):
        for block in range(blocks):
            parts.append(ResidualBlock(width, units, 2 if stage and not block else 1))
            width = units
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))
