"""Of the Gauss-Newton part: PyTorch's own losses, and what cannot be treated, with its cause."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.other_networks import RIGHT
from hessian_boundary import analyse
from hessian_boundary.certificates.certificate import CertificateError

X, Y = np.random.default_rng(0).normal(size=(23, 2)), np.arange(23) % 3
WEIGHTS = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)


class Dropping(nn.Linear):
    def forward(self, x):
        return F.dropout(super().forward(x), 0.5)


class Training(nn.Sequential):
    def forward(self, x):
        self.train()
        return super().forward(x)


def network(*parts: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 5), *parts, nn.Tanh(), nn.Linear(5, 3))


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        (Dropping(5, 5), "draws random numbers"),
        (Training(nn.BatchNorm1d(5)), "mixes samples|needs several samples"),
        (nn.BatchNorm1d(5, track_running_stats=False), "mixes samples|needs several samples"),
    ],
)
@pytest.mark.parametrize("matrix", ["hessian", "gauss_newton", "covariance"])
def test_every_matrix_names_the_same_cause(part, cause, matrix):
    with pytest.raises(CertificateError, match=cause):
        analyse(network(part), X, Y, matrix=matrix)


def largest(module: nn.Module, **given: Any) -> torch.Tensor:
    """Return the four largest eigenvalues of Σ_s J_sᵀ S_s J_s / n, for a cross-entropy."""
    module, matrix = module.double(), 0.0
    for x, y in zip(torch.from_numpy(X), torch.from_numpy(Y), strict=True):
        logits = module(x[None])[0]
        rows = [
            torch.autograd.grad(f, list(module.parameters()), retain_graph=True) for f in logits
        ]
        jacobian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
        loss = partial(F.cross_entropy, target=y, reduction="none", **given)
        curvature = torch.autograd.functional.hessian(loss, logits.detach())
        matrix = matrix + jacobian.T @ curvature @ jacobian / len(X)
    return torch.linalg.eigvalsh(matrix).flip(0)[:4]


@pytest.mark.parametrize("given", [{}, {"label_smoothing": 0.1}, {"weight": WEIGHTS}])
@pytest.mark.parametrize("made", [nn.CrossEntropyLoss, partial(partial, F.cross_entropy)])
def test_the_cross_entropy_of_torch_is_known(given, made):
    module = network()
    found = analyse(module, X, Y, made(reduction="none", **given), matrix="gauss_newton", top=4)
    expected = largest(module, **given)
    np.testing.assert_allclose(found.spectrum["eigenvalues"], expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["lstm", "own derivative"])
def test_networks_that_cannot_be_vectorised_are_treated(name):
    torch.manual_seed(0)
    module = RIGHT[name]()
    found = analyse(module, X, Y, matrix="gauss_newton", top=4)
    np.testing.assert_allclose(found.spectrum["eigenvalues"], largest(module), rtol=1e-9)


@pytest.mark.parametrize(
    "loss",
    [
        lambda logits, labels: F.cross_entropy(logits, labels, reduction="none").square(),
        nn.MultiMarginLoss(reduction="none"),
    ],
)
def test_another_function_is_refused_with_what_to_pass(loss):
    with pytest.raises(ValueError, match="any function will do with matrix='hessian'"):
        analyse(network(), X, Y, loss, matrix="gauss_newton")


@pytest.mark.parametrize(
    "loss",
    [
        partial(F.cross_entropy, reduction="none", ignore_index=1),
        nn.CrossEntropyLoss(reduction="none", ignore_index=1),
        lambda logits, labels: F.cross_entropy(logits, labels, reduction="none") * (labels != 1),
    ],
)
def test_a_label_that_is_ignored_counts_for_nothing(loss):
    found = analyse(network(), X, Y, loss, matrix="gauss_newton").spectrum["eigenvalues"].values
    others = Y != 1
    share = float(others.mean())  # the mean is over all samples
    expected = analyse(network(), X[others], Y[others], matrix="gauss_newton").spectrum
    np.testing.assert_allclose(found[:4], share * expected["eigenvalues"].values[:4], rtol=1e-9)


@pytest.mark.parametrize("top", [0, -1])
def test_fewer_than_one_eigenvector_is_refused(top):
    with pytest.raises(ValueError, match=f"at least one eigenvector .* found top={top}; leave"):
        analyse(network(), X, Y, matrix="gauss_newton", top=top)


@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
def test_a_method_is_refused(method):
    with pytest.raises(ValueError, match=rf"expected method auto .* '{method}'; .* leave `method`"):
        analyse(network(), X, Y, method=method, matrix="gauss_newton")
