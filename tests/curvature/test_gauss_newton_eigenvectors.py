"""Eigenvectors of the Gauss-Newton part in parameter space: whatever their weight, or left out."""

import mpmath
import pytest
import torch
from torch import Tensor, nn

from hessian_boundary.curvature.gauss_newton.decomposition import (
    GaussNewtonPairs,
    gauss_newton_pairs,
)
from hessian_boundary.curvature.gauss_newton.spectrum import gauss_newton_spectrum
from hessian_boundary.losses.per_sample import (
    Loss,
    cross_entropy_per_sample,
)
from hessian_boundary.networks.problem import Problem


def _problem(module: nn.Module, x: Tensor, loss: Loss = cross_entropy_per_sample) -> Problem:
    """With labels that do not matter."""
    return Problem(module, x, torch.zeros(len(x), dtype=torch.long), loss)


@pytest.mark.parametrize("gap", [1.0, 30.0, 60.0, 250.0])
def test_eigenvectors_of_samples_of_any_weight_are_orthonormal_and_right(gap):
    """Of a linear network they are u ⊗ x, the second orthogonalised against the first."""
    module = nn.Linear(2, 2, bias=False).double()
    x = torch.tensor([[gap, 0.3], [0.2, 0.1]], dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.0, 0.5], [-1.0, -0.5]]))
    pairs = gauss_newton_pairs(_problem(module, x))
    vectors = pairs.eigenvectors(2)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(2).double(), rtol=0, atol=1e-12)
    u = torch.tensor([1.0, -1.0], dtype=torch.float64) / 2**0.5
    weights = torch.softmax(module(x).detach(), 1).prod(1)  # q (1 - q) of each sample
    matrix = [mpmath.mpf(0)] * 3  # of x, in 60 digits: entries (0, 0), (0, 1), (1, 1)
    with mpmath.workdps(60):
        for weight, (a, b) in zip(weights.tolist(), x.tolist(), strict=True):
            w, a, b = mpmath.mpf(weight), mpmath.mpf(a), mpmath.mpf(b)
            matrix = [matrix[0] + w * a * a, matrix[1] + w * a * b, matrix[2] + w * b * b]
        _, columns = mpmath.eigsy(mpmath.matrix([[matrix[0], matrix[1]], [matrix[1], matrix[2]]]))
        expected = [[float(columns[i, k]) for i in range(2)] for k in (1, 0)]
    for vector, direction in zip(vectors, expected, strict=True):
        outer = torch.outer(u, torch.tensor(direction, dtype=torch.float64)).flatten()
        assert abs(float(vector @ outer)) == pytest.approx(1, abs=1e-12)
    residuals = pairs.residuals(vectors)
    assert float(residuals.max()) < 1e-14 * float(pairs.eigenvalues[0])


def test_eigenvectors_that_digits_do_not_determine_are_left_out(capsys, monkeypatch):
    torch.manual_seed(0)
    module = nn.Linear(3, 2, bias=False).double()
    pairs = gauss_newton_pairs(_problem(module, torch.randn(6, 3, dtype=torch.float64)))
    right = GaussNewtonPairs.eigenvectors

    def noisy(self: GaussNewtonPairs, count: int) -> Tensor:
        vectors = right(self, count)
        vectors[2] += 1e-6 * vectors[0]
        return vectors

    assert gauss_newton_spectrum(pairs, 3, "{}").sizes["eigen"] == 3
    monkeypatch.setattr(GaussNewtonPairs, "eigenvectors", noisy)
    spectrum = gauss_newton_spectrum(pairs, 3, "{}")
    assert spectrum.sizes["eigen"] == 2
    assert not spectrum.attrs["complete"]
    assert "of 3 eigenvectors of the Gauss-Newton part 2 are orthonormal" in capsys.readouterr().err
