"""Margins and relative flatness, against plain loops and automatic differentiation."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, hessian

from hessian_boundary.generalisation.logit_measures import (
    mean_loss,
    output_margin,
    relative_flatness,
)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3)).double()


def samples() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(20, 2, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, 3, (20,), generator=generator)


def test_relative_flatness_is_its_definition_by_automatic_differentiation() -> None:
    module, (x, y) = network(), samples()
    weight = module[2].weight.detach()

    def loss(w: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(functional_call(module, {"2.weight": w}, (x,)), y)

    blocks = hessian(loss)(weight)  # (C, m, C, m)
    expected = sum(
        float(weight[c] @ weight[d]) * float(blocks[c, :, d, :].trace().detach())
        for c in range(3)
        for d in range(3)
    )
    assert relative_flatness(module, x) == pytest.approx(expected, rel=1e-10)


def test_relative_flatness_does_not_see_a_scaling_of_layers() -> None:
    module, (x, _) = network(), samples()
    before = relative_flatness(module, x)
    with torch.no_grad():
        for parameter in module[0].parameters():
            parameter.mul_(3)
        module[2].weight.div_(3)
    assert relative_flatness(module, x) == pytest.approx(before)


def test_relative_flatness_wants_a_dense_layer_at_the_end() -> None:
    with pytest.raises(ValueError, match="expected a network that ends in a dense layer"):
        relative_flatness(nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten()), torch.zeros(1, 1, 2, 2))


def test_output_margin_is_the_tenth_percentile_of_a_plain_loop() -> None:
    module, (x, y) = network(), samples()
    logits = module(x).detach().numpy()
    margins = [
        row[label] - max(value for c, value in enumerate(row) if c != label)
        for row, label in zip(logits, y.numpy(), strict=True)
    ]
    assert output_margin(module, x, y) == pytest.approx(np.percentile(margins, 10))
    assert mean_loss(module, x, y) == pytest.approx(
        -np.mean([np.log(np.exp(r[c]) / np.exp(r).sum()) for r, c in zip(logits, y, strict=True)])
    )
