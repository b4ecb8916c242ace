"""The Hessian layer by layer: automatic second derivatives of the whole mean loss, and products."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, hessian
from torch.nn import functional as F

from helpers.layered_networks import NETWORKS, build_network
from hessian_boundary.curvature.low_rank.range_finder import range_eigenpairs
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.solvers.dense import DenseMatrix, dense_matrix
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered


def _second_derivatives(module: nn.Module, x: Tensor, y: Tensor, loss: Callable) -> Tensor:
    """∂²/∂θ² of loss(f_θ(x), y), by automatic differentiation in the whole vector θ."""
    names, shapes = zip(*((n, p.shape) for n, p in module.named_parameters()), strict=True)

    def value(theta: Tensor) -> Tensor:
        parts = theta.split([shape.numel() for shape in shapes])
        state = {n: t.reshape(s) for n, t, s in zip(names, parts, shapes, strict=True)}
        return loss(functional_call(module, state, (x,)), y)

    return hessian(value)(parameter_vector(module))


def _mean_squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(logits, F.one_hot(labels, 3).to(logits))


@pytest.fixture(params=NETWORKS)
def case(request):
    return build_network(request.param)


@pytest.mark.parametrize(
    ("loss", "per_sample"),
    [
        (F.cross_entropy, cross_entropy_per_sample),
        (_mean_squared_error, squared_error_per_sample),
    ],
    ids=["cross-entropy", "squared error"],
)
def test_equals_the_second_derivatives_of_the_mean_loss(case, loss, per_sample):
    expected = _second_derivatives(*case, loss)
    scale = float(expected.abs().max())
    assert scale > 1e-2
    assert not why_not_layered(case[0])
    torch.testing.assert_close(
        layered_hessian(Problem(*case, per_sample)), expected, rtol=1e-10, atol=1e-13 * scale
    )


def test_is_the_matrix_of_the_hessian_vector_products(make_problem):
    for name in ("mlp_relu", "cnn", "softmax_regression"):
        problem = make_problem(name)
        data = problem.module, problem.x, problem.y, cross_entropy_per_sample
        products = dense_matrix(Hessian(Problem(*data)))
        torch.testing.assert_close(
            layered_hessian(Problem(*data)), products, rtol=1e-11, atol=1e-14
        )


@pytest.mark.parametrize("name", ["4 dense", "lenet"])
def test_confident_samples_keep_their_relative_precision(name):
    module, x, _ = build_network(name, scale=8)
    y = module(x).argmax(1)
    scales = []
    for xs, ys in zip(x.split(1), y.split(1), strict=True):
        expected = _second_derivatives(
            module, xs, ys, lambda logits, labels: cross_entropy_per_sample(logits, labels).mean()
        )
        found = layered_hessian(Problem(module, xs, ys, cross_entropy_per_sample))
        scales.append(float(expected.abs().max()))
        assert float((found - expected).abs().max()) < 1e-13 * scales[-1]
    assert 0 < min(scales) < 1e-25


def test_is_exactly_symmetric(case):
    matrix = layered_hessian(Problem(*case, cross_entropy_per_sample))
    assert torch.equal(matrix, matrix.T)


def test_gradients_are_left_alone():
    module, x, y = build_network("lenet")
    layered_hessian(Problem(module, x, y, cross_entropy_per_sample))
    assert all(parameter.grad is None for parameter in module.parameters())


def test_single_precision_is_kept():
    module, x, y = build_network("lenet")
    expected = layered_hessian(Problem(module, x, y, cross_entropy_per_sample))
    found = layered_hessian(Problem(module.float(), x.float(), y, cross_entropy_per_sample))
    torch.testing.assert_close(found, expected.float(), rtol=1e-3, atol=1e-5)


def test_range_finder_runs_on_the_assembled_matrix(make_problem):
    problem = make_problem("cnn")
    data = problem.module, problem.x, problem.y, cross_entropy_per_sample
    matrix = layered_hessian(Problem(*data))
    pairs = range_eigenpairs(DenseMatrix(matrix), rank_tolerance=1e-12, seed=0)
    values = torch.linalg.eigvalsh(matrix).flip(0)
    largest = float(values.max())
    expected = values[values.abs() > 1e-12 * largest]
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-14 * largest)
    # the residual with products that know nothing of the matrix
    error = (
        Hessian(Problem(*data))(pairs.eigenvectors)
        - pairs.eigenvalues[:, None] * pairs.eigenvectors
    )
    assert float(error.norm(dim=1).max()) < 1e-13 * largest


def test_products_with_a_stored_matrix_are_counted():
    matrix = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
    operator = DenseMatrix(matrix)
    block = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]], dtype=torch.float64)
    expected = torch.tensor([[2.0, 1.0], [3.0, 4.0], [2.0, 6.0]], dtype=torch.float64)
    assert torch.equal(operator(block), expected)
    operator(block[:2])
    assert operator.products == 5
    assert (operator.dimension, operator.dtype) == (2, torch.float64)
    assert operator.device == matrix.device
