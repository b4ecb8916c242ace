"""What random networks of images begin with."""

from collections.abc import Callable

from torch import nn

from helpers.random_blocks import shifted

# parts of images (channels, size, size) -> module
IMAGE: dict[str, Callable[[int], nn.Module]] = {
    "convolution": lambda channels: nn.Conv2d(channels, 2, 2),
    "strides and padding": lambda channels: nn.Conv2d(
        channels, 2, 2, stride=2, padding=1, bias=False
    ),
    "dilation": lambda channels: nn.Conv2d(channels, 2, 2, dilation=2, padding=1),
    "groups": lambda channels: nn.Conv2d(channels, channels, 2, groups=channels),
    "padding by name": lambda channels: nn.Conv2d(channels, 2, 2, padding="same"),
    "circular": lambda channels: nn.Conv2d(channels, 2, 2, padding=1, padding_mode="circular"),
    "transposed": lambda channels: nn.ConvTranspose2d(channels, 2, 2),
    "maximum": lambda channels: nn.MaxPool2d(2, 1),
    "maximum with padding": lambda channels: nn.MaxPool2d(3, 2, padding=1),
    "mean": lambda channels: nn.AvgPool2d(2, ceil_mode=True),
    "adaptive": lambda channels: nn.AdaptiveAvgPool2d(2),
    "relu": lambda channels: nn.ReLU(),
    "tanh": lambda channels: nn.Tanh(),
    "image batch norm": lambda channels: shifted(nn.BatchNorm2d(channels), channels, 2, 2),
    "instance norm": lambda channels: nn.InstanceNorm2d(channels, affine=True, eps=1e-2),
    "image group norm": lambda channels: nn.GroupNorm(1, channels),
    "dropped channels": lambda channels: nn.Dropout2d(0.5),
    "upsampled": lambda channels: nn.Upsample(scale_factor=2),
}
