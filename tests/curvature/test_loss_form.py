"""Curvature where samples are surely wrong: right to all digits, and the loss kept where it may."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary import analyse
from hessian_boundary.curvature.loss_form import with_digits
from hessian_boundary.losses.per_sample import cross_entropy_by_prediction, cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def line(margin: float) -> nn.Linear:
    """Logits (0, m x) without bias, at x = 1."""
    layer = nn.Linear(1, 2, bias=False).double()
    layer.weight.data = torch.tensor([[0.0], [margin]], dtype=torch.float64)
    return layer


@pytest.mark.parametrize("margin", [5.0, 30.0, 38.0, 90.0])
@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
def test_softmax_regression_that_is_surely_wrong(margin: float, method: str) -> None:
    """H = s [[1, −1], [−1, 1]] with s = exp(−m) / (1 + exp(−m))², and its eigenvalue 2 s."""
    found = analyse(
        line(margin), [[1.0]], [0], method=method, top=1 if method == "lanczos" else None
    )
    expected = 2 * math.exp(-margin) / (1 + math.exp(-margin)) ** 2
    np.testing.assert_allclose(found.spectrum["eigenvalues"][:1], [expected], rtol=1e-9)


def test_wrong_and_right_samples_together() -> None:
    """A right sample whose hidden unit is on, a wrong one where it is off: ∂²f of the first."""
    network = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 2)).double()
    values = ([[1.0]], [0.0], [[0.0], [-30.0]], [0.0, 30.0])
    for parameter, value in zip(network.parameters(), values, strict=True):
        parameter.data = torch.tensor(value, dtype=torch.float64)
    found = analyse(network, [[2.0], [-1.0]], [0, 0], method="dense").spectrum["eigenvalues"]
    # at x = 2 logits (0, −30), at x = −1 (0, 30): s = exp(−30) / (1 + exp(−30))² in both
    small = math.exp(-30)
    slope, s = small / (1 + small), small / (1 + small) ** 2
    first = np.array([-60.0, -30.0, -2.0, 2.0, -1.0, 1.0])  # ∂(f_1 − f_0) by w, b, v_0, v_1, c
    second = np.array([0.0, 0.0, 0.0, 0.0, -1.0, 1.0])
    curved = np.zeros((6, 6))  # ∂²(f_1 − f_0): v multiplies the unit
    curved[0, 2:4], curved[1, 2:4] = [-2.0, 2.0], [-1.0, 1.0]
    hessian = s * (np.outer(first, first) + np.outer(second, second)) + slope * (curved + curved.T)
    expected = np.linalg.eigvalsh(hessian / 2)[::-1]
    np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-9 * expected[0])


def test_the_loss_is_kept_where_other_curvature_is_larger() -> None:
    torch.manual_seed(0)
    deep = nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 2))
    deep.double()[2].weight.data *= 100
    x, y = torch.ones(1, 1, dtype=torch.float64), torch.tensor([0])
    y = 1 - deep(x).argmax(1)
    assert float((deep(x).max() - deep(x)[0, y]).detach()) > 12
    for network, labels, form in (
        (deep, y, cross_entropy_per_sample),
        (line(90.0), torch.tensor([1]), cross_entropy_per_sample),
        (line(90.0), torch.tensor([0]), cross_entropy_by_prediction),
    ):
        assert with_digits(Problem(network, x, labels, cross_entropy_per_sample)).loss is form
