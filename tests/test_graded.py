"""Graded sums of dyads against arithmetic of 400 and more digits, LAPACK and naive loops."""

import mpmath
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.curvature.dense import dense_matrix
from pipeline.curvature.graded import (
    gauss_newton_factor,
    graded_eigenpairs,
    hessian_factor,
    hessian_rank_bound,
)
from pipeline.curvature.hessian import Hessian
from pipeline.gradients import per_sample_gradients
from pipeline.losses import cross_entropy_per_sample

DECADES = (0, 3, 17, 40, 41, 77, 140)  # of the vectors' lengths


def _dyads(decades: tuple[int, ...], parameters: int) -> tuple[Tensor, Tensor]:
    draw = np.random.default_rng(3)
    rows = draw.standard_normal((len(decades), parameters)) * 10.0 ** -np.array(decades)[:, None]
    order = draw.permutation(len(decades))
    signs = np.where(np.arange(len(decades)) % 3 == 1, -1.0, 1.0)
    return torch.from_numpy(rows[order]), torch.from_numpy(signs)


def _exact_eigenpairs(matrix: mpmath.matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signs, decimal logarithms and vectors (rows) of a symmetric matrix, largest |λ| first."""
    values, vectors = mpmath.eigsy(matrix)
    order = sorted(range(len(values)), key=lambda i: -abs(values[i]))
    signs = np.array([float(mpmath.sign(values[i])) for i in order])
    logarithms = np.array(
        [float(mpmath.log10(abs(values[i]) + mpmath.mpf(10) ** -390)) for i in order]
    )
    return signs, logarithms, np.array([[float(v) for v in vectors[:, i]] for i in order])


def _matrix_of(vectors: Tensor, signs: Tensor) -> mpmath.matrix:
    rows = mpmath.matrix(vectors.tolist())
    return rows.T * mpmath.diag(signs.tolist()) * rows


@pytest.mark.parametrize("signed", [False, True])
def test_eigenpairs_over_280_orders_agree_with_400_digits(signed):
    vectors, signs = _dyads(DECADES, 9)
    signs = signs if signed else torch.ones_like(signs)
    with mpmath.workdps(400):
        expected = _exact_eigenpairs(_matrix_of(vectors, signs))
    pairs = graded_eigenpairs(vectors, signs)
    order = pairs.eigenvalues.abs().argsort(descending=True)
    values, found = pairs.eigenvalues[order].numpy(), pairs.eigenvectors[order].numpy()
    count = len(DECADES)
    np.testing.assert_array_equal(np.sign(values), expected[0][:count])
    np.testing.assert_allclose(np.log10(abs(values)), expected[1][:count], rtol=0, atol=1e-12)
    cosines = abs(np.einsum("ip,ip->i", found, expected[2][:count]))
    np.testing.assert_allclose(cosines, 1, rtol=0, atol=1e-12)
    assert values[-1] != 0
    assert abs(values[-1]) < 1e-275
    assert pairs.null_space == 2
    assert pairs.complete


def test_eigenpairs_agree_with_lapack_where_the_grading_is_mild():
    vectors, signs = _dyads((0, 0, 0, 1, 1, 1, 2, 2, 2, 3), 25)
    matrix = (vectors.T * signs) @ vectors
    pairs = graded_eigenpairs(vectors, signs)
    values = torch.linalg.eigvalsh(matrix)
    expected = values[values.abs() > 1e-12].flip(0)
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-13)
    residuals = torch.linalg.vector_norm(
        pairs.eigenvectors @ matrix - pairs.eigenvalues[:, None] * pairs.eigenvectors, dim=1
    )
    assert residuals.max() < 1e-13
    torch.testing.assert_close(pairs.residuals, residuals, rtol=0, atol=1e-13)


def test_eigenvectors_are_orthonormal_and_the_order_of_the_dyads_does_not_matter():
    vectors, signs = _dyads(DECADES, 40)
    pairs = graded_eigenpairs(vectors, signs)
    identity = torch.eye(len(DECADES), dtype=torch.float64)
    torch.testing.assert_close(
        pairs.eigenvectors @ pairs.eigenvectors.T, identity, rtol=0, atol=1e-14
    )
    turned = graded_eigenpairs(vectors.flip(0), signs.flip(0))
    torch.testing.assert_close(turned.eigenvalues, pairs.eigenvalues, rtol=1e-12, atol=0)


def test_eigenvalues_of_opposite_sign_and_equal_size_are_told_apart():
    """w (l rᵀ + r lᵀ) has the eigenvalues ±w with the vectors l ± r."""
    basis = torch.linalg.qr(
        torch.randn(12, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    )[0].T
    left, right = basis[:3], basis[3:]
    roots = torch.tensor([1.0, 1.0, 1e-30], dtype=torch.float64).sqrt()[:, None] / 2**0.5
    vectors = torch.cat([roots * (left + right), roots * (left - right)])
    signs = torch.tensor([1.0] * 3 + [-1.0] * 3, dtype=torch.float64)
    pairs = graded_eigenpairs(vectors, signs)
    expected = torch.tensor([1, 1, 1e-30, -1e-30, -1, -1], dtype=torch.float64)
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=1e-14, atol=0)
    small = (left[2] + right[2]) / 2**0.5
    assert abs(float(pairs.eigenvectors[2] @ small)) == pytest.approx(1, abs=1e-14)


def test_combinations_of_larger_vectors_add_no_direction():
    vectors, signs = _dyads((0, 2, 5), 10)
    more = torch.cat([vectors, 1e-30 * (vectors[:1] + vectors[1:2])])
    pairs = graded_eigenpairs(more, torch.cat([signs, signs[:1]]))
    torch.testing.assert_close(
        pairs.eigenvalues, graded_eigenpairs(vectors, signs).eigenvalues, rtol=1e-12, atol=0
    )
    assert pairs.null_space == 7


@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "softmax_regression"])
def test_the_dyads_add_up_to_the_hessian(name, make_problem):
    case = make_problem(name)
    problem = (case.module, case.x, case.y)
    vectors, signs = hessian_factor(*problem)
    expected = dense_matrix(Hessian(*problem, cross_entropy_per_sample))
    torch.testing.assert_close(
        (vectors.T * signs) @ vectors, expected, rtol=0, atol=1e-13 * float(expected.abs().max())
    )


def test_the_gauss_newton_dyads_agree_with_a_loop_over_samples(make_problem):
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
    factor = gauss_newton_factor(case.module, x, y)
    assert factor.shape == (14, case.size)
    torch.testing.assert_close(
        factor.T @ factor, expected / 7, rtol=0, atol=1e-13 * float(expected.max())
    )


def test_networks_that_are_not_linear_in_each_layer_are_refused(make_problem):
    case = make_problem("mlp_sigmoid")
    with pytest.raises(ValueError, match="expected a network that is linear in the parameters"):
        hessian_factor(case.module, case.x, case.y)


def test_rank_bound_by_hand_and_against_the_rank(make_problem):
    case = make_problem("mlp_relu")  # layers of 60, 420 and 63 parameters, of which 21 per class
    assert hessian_rank_bound(case.module, case.x[:8]) == 8 * 2 + 2 * (60 + 63 - 21)
    assert hessian_rank_bound(case.module, case.x) == 150 * 2 + 2 * (60 + 63 - 21)
    vectors, signs = hessian_factor(case.module, case.x[:8], case.y[:8])
    rank = len(graded_eigenpairs(vectors, signs).eigenvalues)
    assert 150 < rank <= 220


def test_rank_bound_is_at_most_the_number_of_parameters(make_problem):
    case = make_problem("softmax_regression")
    assert hessian_rank_bound(case.module, case.x) == 15


def test_dyads_that_are_all_too_small_are_refused():
    vectors = torch.full((2, 3), 1e-150, dtype=torch.float64)
    with pytest.raises(ValueError, match="expected dyads of at least 1e-290, found at most 2e-150"):
        graded_eigenpairs(vectors, torch.ones(2, dtype=torch.float64))


def test_a_confident_network_agrees_with_450_digits():
    """All eigenvalues of H over 113 orders, and every gradient's alignment with their vectors."""
    module, x, y = _confident_network()
    with mpmath.workdps(450):
        signs, logarithms, vectors = _exact_eigenpairs(_hessian_by_differences(module, x, y))
    count = int((logarithms > -150).sum())
    # the null space: about 180 to 210 of the digits are right
    assert logarithms[count:].max(initial=-390) < -160
    assert logarithms[0] - logarithms[count - 1] > 100
    pairs = graded_eigenpairs(*hessian_factor(module, x, y))
    order = pairs.eigenvalues.abs().argsort(descending=True)
    values, found = pairs.eigenvalues[order].numpy(), pairs.eigenvectors[order]
    assert len(values) == count
    np.testing.assert_array_equal(np.sign(values), signs[:count])
    np.testing.assert_allclose(np.log10(abs(values)), logarithms[:count], rtol=0, atol=1e-6)
    gradients = per_sample_gradients(module, x, y, cross_entropy_per_sample)
    gradients /= gradients.abs().amax(1, keepdim=True)
    gradients /= torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
    alignment = (found @ gradients.T).abs()
    expected = (torch.from_numpy(vectors[:count]) @ gradients.T).abs()
    torch.testing.assert_close(alignment, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(
        alignment.square().sum(0), torch.ones(len(x)).double(), rtol=0, atol=1e-12
    )


def test_a_plain_eigendecomposition_resolves_less_of_a_confident_network():
    module, x, y = _confident_network()
    matrix = dense_matrix(Hessian(module, x, y, cross_entropy_per_sample))
    values = torch.linalg.eigvalsh(matrix).abs()
    resolved = int((values > 1e-12 * values.max()).sum())
    graded = graded_eigenpairs(*hessian_factor(module, x, y)).eigenvalues.abs()
    assert resolved == int((graded > 1e-12 * graded.max()).sum()) < len(graded)


def _confident_network() -> tuple[nn.Sequential, Tensor, Tensor]:
    """A 2-3-4-2 network whose samples have softmax weights of 1e-5, 1e-35, 1e-64 and 1e-115."""
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    generator = torch.Generator().manual_seed(19)
    for parameter in module.double().parameters():
        parameter.data.normal_(generator=generator).mul_(4)
    x = torch.tensor([[-1.5, 0.3], [-0.4, 1.0], [1.2, -0.5], [0.2, 0.5]], dtype=torch.float64)
    return module, x, module(x).argmax(1)


def _hessian_by_differences(module: nn.Sequential, x: Tensor, y: Tensor) -> mpmath.matrix:
    """Second differences of the loss, as a loop over samples and units, with a step of 1e-120."""
    theta = [mpmath.mpf(v) for p in module.parameters() for v in p.detach().flatten().tolist()]
    shapes = [layer.weight.shape for layer in module if isinstance(layer, nn.Linear)]
    step = mpmath.mpf(10) ** -120

    def loss(moved: dict[int, mpmath.mpf]) -> mpmath.mpf:
        values = [v + moved.get(i, 0) for i, v in enumerate(theta)]
        total = mpmath.mpf(0)
        for sample, label in zip(x.tolist(), y.tolist(), strict=True):
            units, start = [mpmath.mpf(v) for v in sample], 0
            for depth, (outputs, inputs) in enumerate(shapes):
                rows = [
                    values[start + i * inputs : start + (i + 1) * inputs] for i in range(outputs)
                ]
                biases = values[start + outputs * inputs : start + outputs * (inputs + 1)]
                sums = [mpmath.fdot(row, units) + b for row, b in zip(rows, biases, strict=True)]
                units = sums if depth == 2 else [max(v, mpmath.mpf(0)) for v in sums]
                start += outputs * (inputs + 1)
            total += mpmath.log1p(mpmath.exp(units[1 - label] - units[label]))
        return total / len(x)

    def entry(i: int, j: int) -> mpmath.mpf:
        if i == j:
            ends = loss({i: step}) + loss({i: -step})
            return (ends - 2 * loss({})) / step**2
        corners = [a * b * loss({i: a * step, j: b * step}) for a in (1, -1) for b in (1, -1)]
        return mpmath.fsum(corners) / (4 * step**2)

    size = len(theta)
    matrix = mpmath.matrix(size, size)
    for i in range(size):
        for j in range(i + 1):
            matrix[i, j] = matrix[j, i] = entry(i, j)
    return matrix
