"""Parameters that no training moves: they stay, are stored, and are no part of θ."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.own_networks import CPU, blobs, layers, register, trained, training_part
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.losses.per_sample import PER_SAMPLE
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import trained_module


@pytest.mark.parametrize("part", [0, 2], ids=["the first layer", "the last layer"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_frozen_parameters_stay_and_do_not_count(
    monkeypatch: pytest.MonkeyPatch, part: int, optimizer: str
) -> None:
    """The Hessian is that of the others, by plain autograd."""
    start = layers(2, 4, 3)

    def build(shape: Any, classes: int) -> nn.Module:
        network = layers(2, 4, classes)
        network.load_state_dict(start.state_dict())
        network[part].requires_grad_(False)
        return network

    register(monkeypatch, build)
    dataset = blobs(30)
    model = trained(dataset, optimizer=optimizer, weight_decay=0.1)
    module = trained_module(model, torch.float64, CPU)
    other = 2 - part
    assert torch.equal(module[part].weight, start[part].weight.double())
    assert torch.equal(module[part].bias, start[part].bias.double())
    assert not torch.equal(module[other].weight, start[other].weight.double())
    sizes = {0: 2 * 4 + 4, 2: 4 * 3 + 3}
    assert model.sizes["parameter"] == sizes[other] == model.attrs["trainable_parameters"]
    assert model.attrs["all_parameters"] == sum(sizes.values())
    assert len(model["frozen"]) == sizes[part]

    x, y = (each if each.dtype == torch.int64 else each.double() for each in training_part(dataset))

    def mean_loss(weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        trained_part = {f"{other}.weight": weight, f"{other}.bias": bias}
        return F.cross_entropy(torch.func.functional_call(module, trained_part, (x,)), y)

    blocks = torch.autograd.functional.hessian(
        mean_loss, (module[other].weight.detach(), module[other].bias.detach())
    )
    shapes = [module[other].weight.numel(), module[other].bias.numel()]
    hessian = torch.cat(
        [
            torch.cat([b.reshape(r, c) for b, c in zip(row, shapes, strict=True)], 1)
            for row, r in zip(blocks, shapes, strict=True)
        ]
    )
    problem = Problem(module, x, y, PER_SAMPLE["cross_entropy"])
    options = CurvatureOptions.of_settings(
        {
            "method": "dense", "rank_tolerance": 1e-12, "memory_limit_gb": 1,
            "eigenpairs": {"top": 3, "bottom": 1}, "residual_tolerance": 1e-9,
            "density": {"probes": 2, "steps": 5},
        }
    )  # fmt: skip
    found = compute_spectrum(problem, options)["eigenvalues"].values
    wanted = np.linalg.eigvalsh(hessian.numpy())[::-1]
    np.testing.assert_allclose(found[:3], wanted[:3], rtol=1e-8)
