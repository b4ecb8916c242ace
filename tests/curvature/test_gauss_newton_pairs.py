"""The Gauss-Newton part: its dyads, eigenpairs and gradients: by hand and against loops."""

import mpmath
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from helpers.other_modules import OneHot
from hessian_boundary.curvature.gauss_newton.decomposition import (
    gauss_newton_pairs,
)
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.losses.per_sample import (
    Loss,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.networks.problem import Problem


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _problem(module: nn.Module, x: Tensor, loss: Loss = cross_entropy_per_sample) -> Problem:
    """With labels that do not matter."""
    return Problem(module, x, torch.zeros(len(x), dtype=torch.long), loss)


def _factor(module: nn.Module, x: Tensor, loss: Loss) -> Tensor:
    """a (m, p), as what multiplies all unit vectors."""
    everything = torch.eye(_size(module), dtype=torch.float64)
    pairs = gauss_newton_pairs(_problem(module, x, loss), everything)
    return pairs.factor.scales.flatten()[:, None] * pairs.products


def _jacobian(module: nn.Module, sample: Tensor) -> Tensor:
    parameters = list(module.parameters())
    return torch.stack(
        [
            torch.cat([part.flatten() for part in torch.autograd.grad(logit, parameters)])
            for logit in (module(sample[None])[0, c] for c in range(3))
        ]
    )


def test_inputs_may_be_whole_numbers():
    rest = nn.Sequential(nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randint(4, (11, 2))
    found = gauss_newton_pairs(_problem(nn.Sequential(OneHot(), *rest), x))
    expected = gauss_newton_pairs(_problem(rest, OneHot()(x)))
    torch.testing.assert_close(found.eigenvalues, expected.eigenvalues, rtol=1e-12, atol=0)


def test_the_dyads_agree_with_a_loop_over_samples(make_problem):
    case = make_problem("mlp_relu")
    x = case.x[:7]
    expected = torch.zeros(case.size, case.size, dtype=torch.float64)
    for sample in x:
        jacobian = _jacobian(case.module, sample)
        weights = torch.softmax(case.module(sample).detach(), 0)
        expected += jacobian.T @ (torch.diag(weights) - torch.outer(weights, weights)) @ jacobian
    factor = _factor(case.module, x, cross_entropy_per_sample)
    assert factor.shape == (14, case.size)
    torch.testing.assert_close(
        factor.T @ factor, expected / 7, rtol=0, atol=1e-13 * float(expected.max())
    )


@pytest.mark.parametrize("gap", [1.0, 60.0, 200.0])
def test_a_confident_sample_has_one_eigenvalue_by_hand(gap):
    module = nn.Linear(2, 2).double()
    x = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    module.weight.data.zero_()
    module.bias.data = torch.tensor([gap, 0.0], dtype=torch.float64)
    pairs = gauss_newton_pairs(_problem(module, x))
    # F = q (1 − q) u uᵀ ⊗ (x, 1)(x, 1)ᵀ with u = (1, −1): one eigenvalue, 4 q (1 − q)
    with mpmath.workdps(100):
        weight = 1 / (1 + mpmath.exp(gap))
        expected = float(4 * weight * (1 - weight))
    assert pairs.eigenvalues.tolist() == [pytest.approx(expected, rel=1e-12)]
    # the eigenvector is u ⊗ (x, 1) / 2
    found = pairs.eigenvectors(1)[0]
    by_hand = torch.tensor([0.6, 0.8, -0.6, -0.8, 1, -1], dtype=torch.float64) / 2
    torch.testing.assert_close(found * found[0].sign(), by_hand, rtol=0, atol=1e-15)


def test_the_hessian_of_a_linear_network_is_its_gauss_newton_part(make_problem):
    case = make_problem("softmax_regression")
    for loss in (cross_entropy_per_sample, squared_error_per_sample):
        factor = _factor(case.module, case.x, loss)
        hessian = dense_matrix(Hessian(Problem(case.module, case.x, case.y, loss)))
        torch.testing.assert_close(factor.T @ factor, hessian, rtol=0, atol=1e-13)


def test_the_squared_error_of_samples_that_are_fitted_leaves_the_gauss_newton_part(make_problem):
    # with the targets that the network itself gives, K vanishes
    case = make_problem("mlp_relu")
    x, y = case.x[:7], case.y[:7]
    target = case.module(x).detach()

    def to_target(logits: Tensor, _: Tensor) -> Tensor:
        return (logits - target[: len(logits)]).square().mean(1)

    fitted = Hessian(Problem(case.module, x, y, to_target))
    factor = _factor(case.module, x, squared_error_per_sample)
    torch.testing.assert_close(factor.T @ factor, dense_matrix(fitted), rtol=0, atol=1e-12)


def test_losses_without_a_factor_are_refused(make_problem):
    case = make_problem("mlp_relu")
    with pytest.raises(ValueError, match=r"expected the cross-entropy or the squared error"):
        gauss_newton_pairs(_problem(case.module, case.x, lambda logits, _: logits.sum(1)))


def _normalised() -> nn.Module:
    """For which the general way is taken."""
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.LayerNorm(36), nn.Linear(36, 3)),
    )


CASES = ("mlp_relu", "mlp_sigmoid", "cnn", "normalised")
LOSSES = (cross_entropy_per_sample, squared_error_per_sample)


@pytest.fixture(params=CASES)
def network(request: pytest.FixtureRequest, make_problem) -> tuple[nn.Module, Tensor]:
    if request.param != "normalised":
        case = make_problem(request.param)
        return case.module, case.x[:40]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        module = _normalised().double()
        x = torch.randn(40, 1, 8, 8, dtype=torch.float64)
        module(x)  # statistics of its own
        return module.eval(), x


@pytest.mark.parametrize("loss", LOSSES)
def test_pairs_and_gradients_are_those_of_the_matrix_written_out(network, loss):
    module, x = network
    module.requires_grad_()
    size = _size(module)
    pairs = gauss_newton_pairs(_problem(module, x, loss))
    matrix, gradients = torch.zeros(size, size, dtype=torch.float64), []
    for sample in x:
        jacobian, logits = _jacobian(module, sample), module(sample[None]).detach()
        label = logits.argmax(1)
        curvature = torch.autograd.functional.hessian(lambda f: loss(f, label).sum(), logits)  # noqa: B023
        matrix += jacobian.T @ curvature[0, :, 0] @ jacobian / len(x)
        slope = torch.autograd.functional.jacobian(lambda f: loss(f, label).sum(), logits)  # noqa: B023
        gradients.append(slope[0] @ jacobian)
    rank = len(pairs.eigenvalues)
    values = torch.linalg.eigvalsh(matrix)
    largest = float(values[-1])
    expected = values.flip(0)[:rank]
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-13 * largest)
    assert abs(values.flip(0)[rank:]).max() < 1e-13 * largest
    # residuals of the eigenvectors that are well determined
    some = int((expected > 1e-5 * largest).sum())
    vectors = pairs.eigenvectors(some)
    error = vectors @ matrix - pairs.eigenvalues[:some, None] * vectors
    assert torch.linalg.vector_norm(error, dim=1).max() < 1e-10 * largest
    identity = torch.eye(some, dtype=torch.float64)
    torch.testing.assert_close(vectors @ vectors.T, identity, rtol=0, atol=1e-10)
    # gradients: their products with the vectors, and their lengths, all in the range
    written = torch.stack(gradients)
    lengths = pairs.factor.logarithms.exp()[:, None]
    found = lengths * pairs.combined(pairs.triangle.T) @ pairs.coordinates.T
    torch.testing.assert_close(found[:, :some], written @ vectors.T, rtol=0, atol=1e-9)
    torch.testing.assert_close(
        torch.linalg.vector_norm(found, dim=1), torch.linalg.vector_norm(written, dim=1)
    )


def test_a_sample_that_the_network_is_too_sure_of_adds_nothing_and_keeps_its_gradient():
    """Of a softmax weight of 1e-296 the root is a number, and the square of the row is none."""
    module = nn.Linear(1, 2, bias=False).double()
    module.weight.data = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    x = torch.tensor([[680.0], [-2.0]], dtype=torch.float64)
    pairs = gauss_newton_pairs(_problem(module, x))
    assert len(pairs.eigenvalues) == 1
    # F of the second sample alone: q (1 − q) x² ‖(1, −1)‖² / 2
    q = 1 / (1 + np.exp(2.0))
    assert float(pairs.eigenvalues[0]) == pytest.approx(q * (1 - q) * 4, rel=1e-14)
    lengths = torch.linalg.vector_norm(pairs.combined(pairs.triangle.T), dim=1)
    first, second = (lengths * pairs.factor.logarithms.exp()).tolist()
    assert first == pytest.approx(2**0.5 * 680 * np.exp(-680.0), rel=1e-12)
    assert second == pytest.approx(2**0.5 * 2 * q, rel=1e-12)
