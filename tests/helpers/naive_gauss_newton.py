"""G_θ in the eigenvectors of the Gauss-Newton part, by loops and LAPACK."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


def naive_gauss_newton(module: nn.Module, x: Tensor) -> dict[str, float]:
    """F sample by sample from Jacobians and softmax weights; three classes, cross-entropy."""
    parameters = list(module.parameters())

    def flat(output: Tensor) -> Tensor:
        return torch.cat([part.flatten() for part in torch.autograd.grad(output, parameters)])

    size = sum(parameter.numel() for parameter in parameters)
    matrix, gradients = torch.zeros(size, size, dtype=torch.float64), []
    for sample in x:
        jacobian = torch.stack([flat(module(sample)[c]) for c in range(3)])
        weights = module(sample).detach().softmax(0)
        matrix += jacobian.T @ (weights.diag() - weights.outer(weights)) @ jacobian / len(x)
        logits = module(sample)[None]
        gradient = flat(F.cross_entropy(logits, logits.argmax(1)))
        gradients.append(gradient / gradient.norm())
    values, columns = torch.linalg.eigh(matrix)
    inside = columns[:, values > 1e-12 * values.max()].T @ torch.stack(gradients, dim=1)
    # PAPER: five random directions, state 42 (the authors' code)
    random = np.random.RandomState(42).standard_normal((5, size))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    epsilon = abs(random @ torch.stack(gradients).numpy().T).max(1).mean()
    return {
        "g_theta_max": float((inside.abs().amax(1) > epsilon).sum()) / size,
        "g_theta_mean": float((inside.abs().mean(1) > epsilon).sum()) / size,
        "rank": float(len(inside)),
        "resolved_share_min": float(inside.square().sum(0).min()),
        "trace": float(values.sum()),
        "lambda_max": float(values.max()),
    }
