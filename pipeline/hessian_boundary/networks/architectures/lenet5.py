"""LeNet-5 as the paper uses it for CIFAR-10: ReLU and max-pooling."""

from collections.abc import Sequence

from torch import nn

from hessian_boundary.networks.architectures.cnn import convolution_blocks


def build(input_shape: Sequence[int], classes: int) -> nn.Module:
    """Two blocks (5×5 convolution, ReLU, max-pool 2) with 6 and 16 channels, then 120–84–C.

    PyTorch's default initialisation. PAPER: 61,411 parameters for 3×32×32 inputs, three classes.

    Raises ValueError for inputs that are not images or too small for the two blocks.
    """
    blocks, features = convolution_blocks(input_shape, channels=(6, 16), kernel=5)
    return nn.Sequential(
        *blocks,
        nn.Flatten(),
        nn.Linear(features, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
