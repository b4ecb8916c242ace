"""Binary classifiers of one output, as networks of two logits."""

import torch
from torch import Tensor, nn


class ZeroLogitFirst(nn.Module):
    """f (n, 1) or (n,) -> (0, f) (n, 2).

    softmax(0, f)₁ is the logistic function of f, so the cross-entropy of the two logits is the
    binary cross-entropy of the one: the same loss, gradients and Hessian. A squared error, which
    is taken against one-hot labels, is ½ (f − y)² plus a constant.
    """

    def forward(self, output: Tensor) -> Tensor:
        """Return logits (n, 2)."""
        logit = output.reshape(len(output), 1)
        return torch.cat([torch.zeros_like(logit), logit], dim=1)


def with_two_logits(module: nn.Module) -> nn.Module:
    """Return a network that gives (0, f) where `module` gives f."""
    return nn.Sequential(module, ZeroLogitFirst())
