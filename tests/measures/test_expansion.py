"""The loss along gradients beside its expansion (Equation 3), where that is known."""

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.stats import kendalltau
from torch import nn

from hessian_boundary.measures.expansion import expansion
from hessian_boundary.networks.problem import Problem


def test_a_loss_that_is_a_parabola_is_its_expansion() -> None:
    """L = mean ½ |W x − b|² in the parameters is quadratic: the equation lacks L and the slope."""
    draw = np.random.default_rng(2)
    x, y = torch.from_numpy(draw.standard_normal((12, 2))), torch.zeros(12, dtype=torch.long)
    network = nn.Linear(2, 2, bias=False).double()
    loss = lambda logits, labels: 0.5 * (logits - 1).square().sum(1)  # noqa: E731
    found = Problem(network, x, y, loss)
    hessian = np.kron(np.eye(2), (x.T @ x / 12).numpy())
    eigenvalues, vectors = np.linalg.eigh(hessian)
    weights = network.weight.detach().numpy().copy()
    gradients = np.stack(
        [np.outer(weights @ point - 1, point).ravel() for point in x.numpy()]
    )  # fmt: skip
    units = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    samples = xr.Dataset(
        {"alignment": (("eigen", "sample"), vectors.T @ units.T)},
        coords={"eigenvalue": ("eigen", eigenvalues)}, attrs={"complete": True},
    )  # fmt: skip
    values = expansion(found, samples)

    def naive(theta: np.ndarray) -> float:
        return float(0.5 * ((x.numpy() @ theta.reshape(2, 2).T - 1) ** 2).sum(1).mean())

    curvature = np.array([0.5 * unit @ hessian @ unit for unit in units])
    moved = np.array([naive(weights.ravel() + unit) for unit in units])
    assert values["expansion_loss"] == pytest.approx(naive(weights.ravel()))
    assert values["expansion_ratio"] == pytest.approx(np.median(moved / curvature))
    np.testing.assert_array_equal(network.weight.detach().numpy(), weights)
    assert expansion(found, samples.assign_attrs(complete=False)) == {}
    # samples along which the sum is negative, or zero, count as well
    alignment = np.sqrt(np.random.default_rng(4).uniform(0.2, 1, size=(4, 12)))
    alignment[:2, 0] = alignment[2:, 0] = 0.5
    odd = samples.assign_coords(eigenvalue=("eigen", [-2.0, -1.0, 1.0, 2.0])).assign(
        alignment=(("eigen", "sample"), alignment)
    )
    curvature = 0.5 * np.array([-2.0, -1.0, 1.0, 2.0]) @ alignment**2
    assert {*np.sign(curvature)} == {-1, 0, 1}
    values = expansion(found, odd)
    assert values["expansion_order"] == pytest.approx(kendalltau(moved, curvature).statistic)
    ratio = np.median(moved[1:] / curvature[1:])
    assert values["expansion_ratio"] == pytest.approx(ratio)
