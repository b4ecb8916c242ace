"""ResNet-18 as it is used for images of 32 × 32 pixels.

Source: He, Zhang, Ren & Sun (2016), CVPR, Table 1, with the first layer of its networks for CIFAR.
"""

from collections.abc import Sequence

from torch import nn

from hessian_boundary.networks.architectures.resnet20 import residual_network


def build(input_shape: Sequence[int], classes: int) -> nn.Module:
    """A 3×3 convolution, four stages of two blocks with 64 to 512 channels, mean, dense.

    The convolution of 7×7 and the pooling, with which the published network makes a quarter of 224
    pixels, are left out. PyTorch's default initialisation. 11,173,962 parameters for 3×32×32 inputs
    and ten classes.

    Raises ValueError for inputs that are not images.
    """
    return residual_network(input_shape, classes, channels=(64, 128, 256, 512), blocks=2)
