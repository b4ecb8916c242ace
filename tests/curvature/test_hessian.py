"""Hessian-vector products: closed form, finite differences of PyTorch's gradient, and symmetry."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.parameters import load_parameter_vector, parameter_vector
from hessian_boundary.networks.problem import Problem


def _hessian(case, **options):
    return Hessian(case.problem, **options)


def _mean_gradient(module, x, y, vector):
    """∂/∂θ of F.cross_entropy (mean over all samples) at the parameter vector."""
    moved = copy.deepcopy(module)
    load_parameter_vector(moved, vector)
    moved.requires_grad_()
    parts = torch.autograd.grad(F.cross_entropy(moved(x), y), list(moved.parameters()))
    return torch.cat([part.flatten() for part in parts])


def _vectors(count, size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, size, generator=generator, dtype=torch.float64)


def test_softmax_regression_has_the_closed_form(make_problem):
    # parameters (W, b): H = (1/n) Σ_s (diag p − p pᵀ) ⊗ (x̃ x̃ᵀ) with x̃ = (x, 1), where W's part
    # runs class by class through the features and b's part follows
    case = make_problem("softmax_regression")
    p = torch.softmax(case.module(case.x).detach(), 1)
    expected = torch.zeros(15, 15, dtype=torch.float64)
    for x, q in zip(case.x, p, strict=True):
        extended = torch.cat([x, torch.ones(1, dtype=torch.float64)])
        expected += torch.kron(torch.diag(q) - torch.outer(q, q), torch.outer(extended, extended))
    order = [5 * c + i for c in range(3) for i in range(4)] + [5 * c + 4 for c in range(3)]
    expected = expected[order][:, order] / len(case.y)
    torch.testing.assert_close(dense_matrix(_hessian(case)), expected, rtol=1e-12, atol=1e-15)


def test_products_are_finite_differences_of_the_gradient(problem):
    theta = parameter_vector(problem.module)
    vectors = _vectors(8, problem.size)
    step = 1e-6
    data = problem.module, problem.x, problem.y
    differences = torch.stack(
        [
            (_mean_gradient(*data, theta + step * v) - _mean_gradient(*data, theta - step * v))
            / (2 * step)
            for v in vectors
        ]
    )
    products = _hessian(problem, batch_size=64, chunk=3)(vectors)
    assert float(products.abs().max()) > 1e-2
    torch.testing.assert_close(products, differences, rtol=1e-6, atol=1e-7)


def test_products_equal_those_of_double_backward(problem):
    # reverse over reverse, one vector at a time, with PyTorch's own loss
    parameters = list(problem.module.requires_grad_().parameters())
    loss = F.cross_entropy(problem.module(problem.x), problem.y)
    gradient = torch.cat(
        [g.flatten() for g in torch.autograd.grad(loss, parameters, create_graph=True)]
    )
    vectors = _vectors(5, problem.size)
    rows = [torch.autograd.grad(gradient @ v, parameters, retain_graph=True) for v in vectors]
    expected = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    torch.testing.assert_close(_hessian(problem)(vectors), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("batch_size", "chunk"), [(64, 32), (64, 4), (1000, 4), (7, 1)])
def test_products_depend_neither_on_batch_size_nor_on_chunk(problem, batch_size, chunk):
    vectors = _vectors(10, problem.size)
    whole = _hessian(problem, batch_size=150, chunk=10)(vectors)
    found = _hessian(problem, batch_size=batch_size, chunk=chunk)(vectors)
    torch.testing.assert_close(found, whole, rtol=1e-12, atol=1e-14)


def test_products_are_linear(problem):
    a, b = _vectors(1, problem.size), _vectors(1, problem.size, seed=1)
    operator = _hessian(problem)
    torch.testing.assert_close(
        operator(2 * a - 3 * b), 2 * operator(a) - 3 * operator(b), rtol=1e-11, atol=1e-13
    )


def test_products_are_symmetric(problem):
    vectors = _vectors(6, problem.size)
    projected = vectors @ _hessian(problem, batch_size=64)(vectors).T
    torch.testing.assert_close(projected, projected.T, rtol=1e-11, atol=1e-12)


def test_dense_matrix_is_exactly_symmetric_and_independent_of_its_blocks(make_problem):
    case = make_problem("cnn")
    matrix = dense_matrix(_hessian(case), block=50)
    assert torch.equal(matrix, matrix.T)
    torch.testing.assert_close(matrix, dense_matrix(_hessian(case)), rtol=1e-12, atol=1e-14)
    vectors = _vectors(3, case.size)
    torch.testing.assert_close(vectors @ matrix, _hessian(case)(vectors), rtol=1e-11, atol=1e-13)


def test_products_are_counted(make_problem):
    operator = _hessian(make_problem("softmax_regression"), batch_size=64, chunk=2)
    operator(_vectors(5, 15))
    operator(_vectors(2, 15))
    assert operator.products == 7


def test_layer_used_twice_counts_with_both_its_uses():
    layer = nn.Linear(2, 2)
    module = nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(2, 3)).double()
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 3
    parameters = list(module.parameters())
    loss = F.cross_entropy(module(x), y)
    gradient = torch.cat(
        [g.flatten() for g in torch.autograd.grad(loss, parameters, create_graph=True)]
    )
    rows = [torch.autograd.grad(g, parameters, retain_graph=True) for g in gradient]
    expected = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    found = dense_matrix(Hessian(Problem(module, x, y, cross_entropy_per_sample)))
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-13)


def test_data_without_samples_is_refused(make_problem):
    case = make_problem("softmax_regression")
    with pytest.raises(ValueError, match=r"expected at least one sample .* found none"):
        Hessian(Problem(case.module, case.x[:0], case.y[:0], cross_entropy_per_sample))
