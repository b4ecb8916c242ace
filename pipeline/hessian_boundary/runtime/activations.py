"""How many samples a product may take at a time, by what their activations need."""

from math import inf

import torch
from torch import Tensor, nn

# Arrays of the size of all outputs of a network's parts that a vector's product holds at once;
# measured with ResNet-20: 4.2 (its ReLUs are functions, not parts, and keep theirs, too).
ARRAYS = 5
# Bytes for a batch's activations, however small a limit is: few samples at a time are slow.
LEAST = 1e8


def fitting_batch(network: nn.Module, x: Tensor, batch: int, chunk: int, memory: float) -> int:
    """Return `batch`, or fewer samples where products with H would exceed `memory` bytes.

    For `chunk` vectors at a time, at samples like x (n, feature…); at least 1.
    """
    if memory == inf:
        return batch
    needed = ARRAYS * chunk * output_numbers(network, x[:1]) * x.element_size()
    return max(1, min(batch, int(memory / max(needed, 1))))


@torch.no_grad()
def output_numbers(network: nn.Module, x: Tensor) -> int:
    """Return how many numbers the parts of a network without parts of their own put out at x."""
    counted = 0

    def count(part: nn.Module, inputs: tuple[Tensor, ...], output: object) -> None:
        nonlocal counted
        counted += output.numel() if isinstance(output, Tensor) else 0

    leaves = [part for part in network.modules() if not any(True for _ in part.children())]
    hooks = [part.register_forward_hook(count) for part in leaves]
    try:
        network(x.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return counted
