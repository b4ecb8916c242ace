"""A binary classifier of one output against its own binary cross-entropy, by plain autograd."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.own_networks import CPU, blobs, register, trained, training_part
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.losses.per_sample import PER_SAMPLE
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import trained_module

OPTIONS = CurvatureOptions.of_settings(
    {
        "method": "dense", "rank_tolerance": 1e-12, "memory_limit_gb": 1,
        "eigenpairs": {"top": 3, "bottom": 1}, "residual_tolerance": 1e-9,
        "density": {"probes": 2, "steps": 5},
    }
)  # fmt: skip


class Squeezed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 4), nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(torch.tanh(self.a(x))).squeeze(1)


def column(shape: Any, classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))


BUILDS = {"a column": column, "squeezed": lambda *_: Squeezed()}


def binary_loss(own: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Callable[..., torch.Tensor]:
    names = [name for name, _ in own.named_parameters()]

    def loss(*values: torch.Tensor) -> torch.Tensor:
        output = torch.func.functional_call(own, dict(zip(names, values, strict=True)), (x,))
        return F.binary_cross_entropy_with_logits(output.reshape(-1), y.to(output))

    return loss


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_curvature_is_that_of_the_binary_cross_entropy(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., nn.Module]
) -> None:
    register(monkeypatch, build)
    dataset = blobs(classes=2)
    model = trained(dataset, epochs=20)
    module = trained_module(model, torch.float64, CPU)
    x, y = training_part(dataset)
    x = x.double()
    own = module.network
    assert torch.equal(module(x), torch.stack([torch.zeros(len(x)), own(x).reshape(-1)], 1))
    values = tuple(parameter.detach() for parameter in own.parameters())
    blocks = torch.autograd.functional.hessian(binary_loss(own, x, y), values)
    sizes = [value.numel() for value in values]
    rows = [
        torch.cat([b.reshape(r, c) for b, c in zip(row, sizes, strict=True)], 1)
        for row, r in zip(blocks, sizes, strict=True)
    ]
    wanted = np.linalg.eigvalsh(torch.cat(rows).numpy())[::-1]
    found = compute_spectrum(Problem(module, x, y, PER_SAMPLE["cross_entropy"]), OPTIONS)
    np.testing.assert_allclose(found["eigenvalues"].values[:5], wanted[:5], rtol=1e-8)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_training_follows_the_gradient_of_the_binary_cross_entropy(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., nn.Module]
) -> None:
    """One step of full-batch gradient descent, and what counts as a correct prediction."""
    register(monkeypatch, build)
    dataset = blobs(classes=2)
    x, y = training_part(dataset)
    model = trained(dataset, epochs=1, batch_size=len(y), checkpoints=[0, 1])
    own = trained_module(model, torch.float32, CPU, 0).network
    values = tuple(parameter.detach().requires_grad_() for parameter in own.parameters())
    gradients = torch.autograd.grad(binary_loss(own, x, y)(*values), values)
    expected = torch.cat(
        [(v - 0.05 * g).reshape(-1) for v, g in zip(values, gradients, strict=True)]
    )
    found = torch.from_numpy(model["checkpoints"].values[1])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    with torch.no_grad():
        positive = trained_module(model, torch.float32, CPU).network(x).reshape(-1) > 0
    assert model.attrs["train_accuracy"] == float((positive == (y == 1)).double().mean())
