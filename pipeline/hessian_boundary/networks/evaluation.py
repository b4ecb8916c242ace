"""What a network computes when it is used, not trained: logits in eval mode, and accuracy."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

# Activations take memory in proportion to the samples that are evaluated at once.
SAMPLES_AT_ONCE = 1024
INPUTS_AT_ONCE = 2**22  # numbers of x; images of a megapixel go one by one


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put all parts in eval mode within the block, without gradients, and each part's mode back.

    Parts may differ: people keep batch normalisation in eval mode to freeze its statistics.
    """
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes:
            part.training = mode


def eval_logits(module: nn.Module, x: Tensor) -> Tensor:
    """Return what the module gives for x (n, feature…) in eval mode; nothing of it changes."""
    buffers = [buffer.clone() for buffer in module.buffers()]
    with evaluating(module):
        logits = module(x)
        for buffer, kept in zip(module.buffers(), buffers, strict=True):
            buffer.copy_(kept)
    return logits


def accuracy(module: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of samples x (n, feature…) whose largest logit is the label y (n,).

    NaN without samples. In batches, so that memory does not grow with n.
    """
    return hits(module, x, y) / len(y) if len(y) else float("nan")


def hits(module: nn.Module, x: Tensor, y: Tensor) -> int:
    """Return how many samples x (n, feature…) have their largest logit at the label y (n,)."""
    if not len(y):
        return 0
    size = max(1, min(SAMPLES_AT_ONCE, INPUTS_AT_ONCE // max(1, x[0].numel())))
    with torch.no_grad():
        return sum(
            int((module(inputs).argmax(1) == labels).sum())
            for inputs, labels in zip(x.split(size), y.split(size), strict=True)
        )
