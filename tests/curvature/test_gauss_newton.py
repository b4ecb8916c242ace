"""Graded sums of dyads against arithmetic of 400 and more digits, LAPACK and naive loops."""

import mpmath
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hessian_boundary.curvature.gauss_newton import (
    gauss_newton_factor,
    graded_eigenpairs,
    hessian_rank_bound,
)
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.losses import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.problem import Problem

DECADES = (0, 3, 17, 40, 41, 77, 140)  # of the vectors' lengths


def _vectors(decades: tuple[int, ...], parameters: int) -> Tensor:
    draw = np.random.default_rng(3)
    rows = draw.standard_normal((len(decades), parameters)) * 10.0 ** -np.array(decades)[:, None]
    return torch.from_numpy(rows[draw.permutation(len(decades))])


def _exact_eigenpairs(rows: mpmath.matrix) -> tuple[np.ndarray, np.ndarray]:
    """Decimal logarithms, largest first, and vectors (rows) of rowsᵀ rows."""
    values, vectors = mpmath.eigsy(rows.T * rows)
    order = sorted(range(len(values)), key=lambda i: -abs(values[i]))
    tiny = mpmath.mpf(10) ** -390
    logarithms = np.array([float(mpmath.log10(abs(values[i]) + tiny)) for i in order])
    return logarithms, np.array([[float(v) for v in vectors[:, i]] for i in order])


def test_eigenpairs_over_280_orders_agree_with_400_digits():
    vectors = _vectors(DECADES, 9)
    with mpmath.workdps(400):
        logarithms, expected = _exact_eigenpairs(mpmath.matrix(vectors.tolist()))
    pairs = graded_eigenpairs(vectors)
    values, found = pairs.eigenvalues.numpy(), pairs.eigenvectors.numpy()
    count = len(DECADES)
    np.testing.assert_allclose(np.log10(values), logarithms[:count], rtol=0, atol=1e-12)
    cosines = abs(np.einsum("ip,ip->i", found, expected[:count]))
    np.testing.assert_allclose(cosines, 1, rtol=0, atol=1e-12)
    assert 0 < values[-1] < 1e-275
    assert pairs.null_space == 2
    assert pairs.complete


def test_eigenpairs_agree_with_lapack_where_the_grading_is_mild():
    vectors = _vectors((0, 0, 0, 1, 1, 1, 2, 2, 2, 3), 25)
    matrix = vectors.T @ vectors
    pairs = graded_eigenpairs(vectors)
    expected = torch.linalg.eigvalsh(matrix)[-10:].flip(0)
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-13)
    residuals = torch.linalg.vector_norm(
        pairs.eigenvectors @ matrix - pairs.eigenvalues[:, None] * pairs.eigenvectors, dim=1
    )
    assert residuals.max() < 1e-13
    torch.testing.assert_close(pairs.residuals, residuals, rtol=0, atol=1e-13)


def test_eigenvectors_are_orthonormal_and_the_order_of_the_vectors_does_not_matter():
    vectors = _vectors(DECADES, 40)
    pairs = graded_eigenpairs(vectors)
    identity = torch.eye(len(DECADES), dtype=torch.float64)
    torch.testing.assert_close(
        pairs.eigenvectors @ pairs.eigenvectors.T, identity, rtol=0, atol=1e-14
    )
    turned = graded_eigenpairs(vectors.flip(0))
    torch.testing.assert_close(turned.eigenvalues, pairs.eigenvalues, rtol=1e-12, atol=0)


def test_combinations_of_longer_vectors_add_no_direction():
    vectors = _vectors((0, 2, 5), 10)
    more = torch.cat([vectors, 1e-30 * (vectors[:1] + vectors[1:2])])
    pairs = graded_eigenpairs(more)
    expected = graded_eigenpairs(vectors).eigenvalues
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=1e-12, atol=0)
    assert pairs.null_space == 7


def test_more_vectors_than_parameters():
    vectors = _vectors((0, 0, 1, 1, 2, 2), 4)
    pairs = graded_eigenpairs(vectors)
    expected = torch.linalg.eigvalsh(vectors.T @ vectors).flip(0)
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=1e-11, atol=0)
    assert pairs.null_space == 0


def test_the_factor_agrees_with_a_loop_over_samples(make_problem):
    case = make_problem("mlp_relu")
    x, y = case.x[:7], case.y[:7]
    expected = torch.zeros(case.size, case.size, dtype=torch.float64)
    for sample in x:
        logits = case.module(sample[None])[0]
        jacobian = torch.stack(
            [
                torch.cat(
                    [
                        part.flatten()
                        for part in torch.autograd.grad(
                            logit, list(case.module.parameters()), retain_graph=True
                        )
                    ]
                )
                for logit in logits
            ]
        )
        weights = torch.softmax(logits.detach(), 0)
        expected += jacobian.T @ (torch.diag(weights) - torch.outer(weights, weights)) @ jacobian
    factor = gauss_newton_factor(case.module, x, y, cross_entropy_per_sample)
    assert factor.shape == (14, case.size)
    torch.testing.assert_close(
        factor.T @ factor, expected / 7, rtol=0, atol=1e-13 * float(expected.max())
    )


@pytest.mark.parametrize("gap", [1.0, 60.0, 200.0])
def test_a_confident_sample_with_the_wrong_label_counts_as_much_as_with_the_right_one(gap):
    module = nn.Linear(2, 2).double()
    x = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    module.weight.data, module.bias.data = torch.zeros(2, 2).double(), torch.tensor([gap, 0.0])
    module.bias.data = module.bias.data.double()
    # F = q (1 − q) u uᵀ ⊗ (x, 1)(x, 1)ᵀ with u = (1, −1): one eigenvalue, 4 q (1 − q)
    with mpmath.workdps(100):
        weight = 1 / (1 + mpmath.exp(gap))
        expected = float(4 * weight * (1 - weight))
    for label in (0, 1):
        factor = gauss_newton_factor(module, x, torch.tensor([label]), cross_entropy_per_sample)
        found = graded_eigenpairs(factor).eigenvalues
        assert float(found[0]) == pytest.approx(expected, rel=1e-12)


def test_the_hessian_of_a_linear_network_is_its_gauss_newton_part(make_problem):
    case = make_problem("softmax_regression")
    factor = gauss_newton_factor(case.module, case.x, case.y, cross_entropy_per_sample)
    hessian = dense_matrix(Hessian(case.problem))
    torch.testing.assert_close(factor.T @ factor, hessian, rtol=0, atol=1e-14)


def test_rank_bound_by_hand_and_against_the_rank(make_problem):
    case = make_problem("mlp_relu")  # layers of 60, 420 and 63 parameters, of which 21 per class
    assert hessian_rank_bound(case.module, case.x, cross_entropy_per_sample) == 150 * 2 + 2 * (
        60 + 63 - 21
    )
    bound = hessian_rank_bound(case.module, case.x[:8], cross_entropy_per_sample)
    assert bound == 8 * 2 + 2 * (60 + 63 - 21)
    matrix = dense_matrix(
        Hessian(Problem(case.module, case.x[:8], case.y[:8], cross_entropy_per_sample))
    )
    rank = int(torch.linalg.matrix_rank(matrix, hermitian=True))
    assert bound - 60 < rank <= bound


def test_rank_bound_is_at_most_the_number_of_parameters(make_problem):
    case = make_problem("softmax_regression")
    assert hessian_rank_bound(case.module, case.x, cross_entropy_per_sample) == 15


def test_networks_that_are_not_linear_in_each_layer_have_no_rank_bound(make_problem):
    case = make_problem("mlp_sigmoid")
    assert hessian_rank_bound(case.module, case.x[:8], cross_entropy_per_sample) == case.size


def test_the_squared_error_by_its_hessian_where_the_network_is_linear(make_problem):
    case = make_problem("softmax_regression")
    problem = (case.module, case.x, case.y, squared_error_per_sample)
    factor = gauss_newton_factor(*problem)
    assert len(factor) == 3 * len(case.x)
    torch.testing.assert_close(
        factor.T @ factor, dense_matrix(Hessian(Problem(*problem))), rtol=0, atol=1e-13
    )


def test_the_squared_error_of_samples_that_are_fitted_leaves_the_gauss_newton_part(make_problem):
    # with the targets that the network itself gives, K vanishes
    case = make_problem("mlp_relu")
    x, y = case.x[:7], case.y[:7]
    target = case.module(x).detach()

    def to_target(logits, _):
        return (logits - target[: len(logits)]).square().mean(1)

    fitted = Hessian(Problem(case.module, x, y, to_target))
    factor = gauss_newton_factor(case.module, x, y, squared_error_per_sample)
    torch.testing.assert_close(factor.T @ factor, dense_matrix(fitted), rtol=0, atol=1e-12)


def test_rank_bound_of_the_squared_error(make_problem):
    case = make_problem("mlp_relu")
    x, y = case.x[:8], case.y[:8]
    bound = hessian_rank_bound(case.module, x, squared_error_per_sample)
    assert bound == 8 * 3 + 2 * (60 + 63)
    matrix = dense_matrix(Hessian(Problem(case.module, x, y, squared_error_per_sample)))
    assert bound - 80 < int(torch.linalg.matrix_rank(matrix, hermitian=True)) <= bound


def test_losses_without_a_factor_are_refused(make_problem):
    case = make_problem("mlp_relu")
    with pytest.raises(ValueError, match=r"expected the cross-entropy or the squared error"):
        gauss_newton_factor(case.module, case.x, case.y, lambda logits, _: logits.sum(1))


def test_vectors_that_are_all_too_short_are_refused():
    vectors = torch.full((2, 3), 1e-150, dtype=torch.float64)
    with pytest.raises(ValueError, match="expected vectors of at least 1e-145, found at most 2e-1"):
        graded_eigenpairs(vectors)


def test_rotations_that_do_not_converge_are_an_error(monkeypatch):
    monkeypatch.setattr(
        "hessian_boundary.curvature.gauss_newton.dgejsv",
        lambda rows, **options: (rows, rows, rows, [1, 1], None, 3),
    )
    with pytest.raises(ArithmeticError, match="expected Jacobi rotations to converge, found info"):
        graded_eigenpairs(_vectors((0, 1), 3))


def test_a_confident_network_agrees_with_450_digits():
    """All eigenvalues over 44 orders, and every gradient's alignment with their vectors."""
    module, x, y = _confident_network()
    with mpmath.workdps(450):
        logarithms, vectors = _exact_eigenpairs(_factor_by_differences(module, x, y))
    pairs = graded_eigenpairs(gauss_newton_factor(module, x, y, cross_entropy_per_sample))
    found = len(pairs.eigenvalues)
    # after the last one only the null space, where the differences' error remains
    assert logarithms[found:].max(initial=-390) < -180
    assert logarithms[0] - logarithms[found - 1] > 40
    np.testing.assert_allclose(np.log10(pairs.eigenvalues), logarithms[:found], rtol=0, atol=1e-9)
    gradients = per_sample_gradients(module, x, y, cross_entropy_per_sample)
    gradients /= gradients.abs().amax(1, keepdim=True)
    gradients /= torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
    alignment = (pairs.eigenvectors @ gradients.T).abs()
    expected = (torch.from_numpy(vectors[:found]) @ gradients.T).abs()
    torch.testing.assert_close(alignment, expected, rtol=0, atol=1e-9)
    torch.testing.assert_close(
        alignment.square().sum(0), torch.ones(len(x)).double(), rtol=0, atol=1e-12
    )


def test_a_plain_eigendecomposition_resolves_less_of_a_confident_network():
    factor = gauss_newton_factor(*_confident_network(), cross_entropy_per_sample)
    plain = torch.linalg.eigvalsh(factor.T @ factor).abs()
    graded = graded_eigenpairs(factor).eigenvalues
    above = int((plain > 1e-12 * plain.max()).sum())
    assert above == int((graded > 1e-12 * graded.max()).sum()) < len(graded)


def _confident_network() -> tuple[nn.Sequential, Tensor, Tensor]:
    """A 2-3-4-2 network of which 8 samples have softmax weights from 1e-10 to 1e-88."""
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    generator = torch.Generator().manual_seed(54)
    for parameter in module.double().parameters():
        parameter.data.normal_(generator=generator).mul_(3)
    x = torch.randn(8, 2, generator=generator, dtype=torch.float64)
    return module, x, module(x).argmax(1)


def _factor_by_differences(module: nn.Sequential, x: Tensor, y: Tensor) -> mpmath.matrix:
    """Rows √(q (1 − q) / n) ∂(f_c − f_y)/∂θ, a loop over samples and units; steps of 1e-120."""
    theta = [mpmath.mpf(v) for p in module.parameters() for v in p.detach().flatten().tolist()]
    shapes = [layer.weight.shape for layer in module if isinstance(layer, nn.Linear)]
    step = mpmath.mpf(10) ** -120

    def margin(sample: list[float], label: int, values: list[mpmath.mpf]) -> mpmath.mpf:
        units, start = [mpmath.mpf(v) for v in sample], 0
        for depth, (outputs, inputs) in enumerate(shapes):
            rows = [values[start + i * inputs : start + (i + 1) * inputs] for i in range(outputs)]
            biases = values[start + outputs * inputs : start + outputs * (inputs + 1)]
            sums = [mpmath.fdot(row, units) + b for row, b in zip(rows, biases, strict=True)]
            units = sums if depth == 2 else [max(v, mpmath.mpf(0)) for v in sums]
            start += outputs * (inputs + 1)
        return units[1 - label] - units[label]

    rows = []
    for sample, label in zip(x.tolist(), y.tolist(), strict=True):
        ratio = mpmath.exp(margin(sample, label, theta))  # q / (1 − q)
        weight = mpmath.sqrt(ratio / len(x)) / (1 + ratio)
        moved = [
            [[*theta[:i], theta[i] + sign * step, *theta[i + 1 :]] for sign in (1, -1)]
            for i in range(len(theta))
        ]
        rows.append(
            [
                weight * (margin(sample, label, up) - margin(sample, label, down)) / (2 * step)
                for up, down in moved
            ]
        )
    return mpmath.matrix(rows)
