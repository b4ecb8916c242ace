"""The naive oracle: the whole Hessian row by row, and one backward pass for each sample."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel


def naive_hessian(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return the Hessian (p, p) of the mean cross-entropy over the trainable parameters."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    with sdpa_kernel(SDPBackend.MATH):
        loss = F.cross_entropy(network(x.clone()), y)
        slope = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
        flat = torch.cat([part.reshape(-1) for part in slope])
        rows = [_flat_gradient(entry, parameters) for entry in flat]
    return torch.stack(rows)


def naive_gradients(network: nn.Module, x: Tensor, labels: Tensor | None = None) -> Tensor:
    """Return the gradients (n, p) of each sample's cross-entropy, at its predicted label if none.

    `labels` is (n,).
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    rows = []
    for i in range(len(x)):
        logits = network(x[i : i + 1].clone())
        label = logits.argmax(1) if labels is None else labels[i : i + 1]
        rows.append(_flat_gradient(F.cross_entropy(logits, label), parameters))
    return torch.stack(rows)


def _flat_gradient(value: Tensor, parameters: list[nn.Parameter]) -> Tensor:
    if not value.requires_grad:
        return torch.zeros(sum(p.numel() for p in parameters), dtype=value.dtype)
    parts = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
    return torch.cat([part.reshape(-1) for part in parts]).detach()
