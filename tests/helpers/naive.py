"""The naive oracle: the whole Hessian row by row, and one backward pass for each sample."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

NaiveLoss = Callable[[Tensor, int], Tensor]  # logits (C,) of one sample and its label


def naive_cross_entropy(logits: Tensor, label: int) -> Tensor:
    """Return f_k − f_y + log(1 + Σ_{c≠k} exp(f_c − f_k)) with the largest logit f_k."""
    largest = int(logits.argmax())
    others = torch.cat([logits[:largest], logits[largest + 1 :]]) - logits[largest]
    loss = torch.log1p(others.exp().sum())
    return loss if largest == label else loss + logits[largest] - logits[label]


def naive_squared_error(logits: Tensor, label: int) -> Tensor:
    """Return (1/C) Σ_c (f_c − 1[c = y])²."""
    return sum(((f - float(c == label)) ** 2 for c, f in enumerate(logits)), logits[0] * 0) / len(
        logits
    )


NAIVE_LOSSES = {"cross_entropy": naive_cross_entropy, "squared_error": naive_squared_error}


def naive_hessian(
    network: nn.Module, x: Tensor, y: Tensor, loss: NaiveLoss = naive_cross_entropy
) -> Tensor:
    """Return the Hessian (p, p) of the mean loss over the trainable parameters."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    with _as_it_should_be():
        pairs = zip(_logits(network, x), y.tolist(), strict=True)
        value = sum(loss(logits, label) for logits, label in pairs) / len(y)
        slope = torch.autograd.grad(value, parameters, create_graph=True, materialize_grads=True)
        flat = torch.cat([part.reshape(-1) for part in slope])
        rows = [_flat_gradient(entry, parameters) for entry in flat]
    return torch.stack(rows)


def naive_gradients(
    network: nn.Module,
    x: Tensor,
    loss: NaiveLoss = naive_cross_entropy,
    labels: Tensor | None = None,
) -> Tensor:
    """Return the gradients (n, p) of each sample's loss, at its predicted label if not told."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    rows = []
    with _as_it_should_be():
        for index, sample in enumerate(x):
            (logits,) = _logits(network, sample[None])
            label = int(logits.argmax()) if labels is None else int(labels[index])
            rows.append(_flat_gradient(loss(logits, label), parameters))
    return torch.stack(rows)


def _logits(network: nn.Module, x: Tensor) -> Tensor:
    """Return logits (n, C); one logit f per sample stands for (0, f)."""
    logits = network(x.clone())
    if logits.shape in ((len(x),), (len(x), 1)):
        return torch.stack([x.new_zeros(len(x)).to(logits), logits.reshape(-1)], dim=1)
    return logits


@contextmanager
def _as_it_should_be() -> Iterator[None]:
    """Replace what PyTorch's derivatives are missing or wrong of.

    Of weight_norm the second one is wrong, and of hardsigmoid the first one is 1/6 as float32.
    """
    module = sys.modules["torch.nn.utils.weight_norm"]
    with (
        sdpa_kernel(SDPBackend.MATH),
        patch("torch._weight_norm", _weight_norm),
        patch.object(module, "_weight_norm", _weight_norm),
        patch("torch.nn.functional.hardsigmoid", lambda x, _: (x / 6 + 0.5).clamp(0, 1)),
    ):
        yield


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """For weights (out, in) and dim = 0."""
    return g * v / v.square().sum(1, keepdim=True).sqrt()


def _flat_gradient(value: Tensor, parameters: list[nn.Parameter]) -> Tensor:
    if not value.requires_grad:
        return torch.zeros(sum(p.numel() for p in parameters), dtype=value.dtype)
    parts = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
    return torch.cat([part.reshape(-1) for part in parts]).detach()
