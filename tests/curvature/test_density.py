"""Stochastic Lanczos quadrature: exact moments, whole spectra of small matrices, error bars."""

import math

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.curvature.solvers.density import (
    WORKSPACE,
    lanczos_quadrature,
    probe_vector,
)
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError

SEED = 11


def _spectrum(size=400):
    generator = torch.Generator().manual_seed(0)
    bulk = torch.randn(size - 2, generator=generator, dtype=torch.float64)
    return torch.cat([torch.tensor([8.0, -3.0], dtype=torch.float64), bulk])


def test_moments_of_each_probe_are_exact_up_to_twice_the_steps():
    # the squared last component of the eigenvectors, or any row but the first, fails from j = 1 on
    eigenvalues = _spectrum()
    steps = 6
    rule = lanczos_quadrature(DiagonalOperator(eigenvalues), probes=5, steps=steps, seed=SEED)
    operator = DiagonalOperator(eigenvalues)
    squares = torch.stack([probe_vector(operator, SEED, i) for i in range(5)]).square()
    for power in range(2 * steps):
        found = (rule.weights * rule.nodes**power).sum(1)
        expected = (squares * eigenvalues**power).sum(1)
        size = (squares * eigenvalues.abs() ** power).sum(1)
        assert float(((found - expected).abs() / size).max()) < 1e-12
    beyond = (rule.weights * rule.nodes ** (2 * steps)).sum(1)
    assert float((beyond / (squares * eigenvalues ** (2 * steps)).sum(1) - 1).abs().min()) > 1e-9


def test_weights_add_up_to_one_and_nodes_lie_within_the_spectrum():
    eigenvalues = _spectrum()
    rule = lanczos_quadrature(DiagonalOperator(eigenvalues), probes=4, steps=30, seed=SEED)
    torch.testing.assert_close(rule.weights.sum(1), torch.ones(4).double(), rtol=0, atol=1e-13)
    assert float(rule.weights.min()) >= 0
    assert float(rule.nodes.min()) >= float(eigenvalues.min()) - 1e-12
    assert float(rule.nodes.max()) <= 8 + 1e-12


def test_mean_and_variance_of_a_hessian_are_within_the_standard_error(problem):
    operator = Hessian(problem.problem)
    matrix = dense_matrix(operator)
    steps = min(10, operator.dimension)
    rule = lanczos_quadrature(operator, probes=60, steps=steps, seed=SEED)
    for power, expected in ((1, matrix.trace()), (2, matrix.square().sum())):
        moments = (rule.weights * rule.nodes**power).sum(1)
        error = float(moments.std()) / math.sqrt(60)
        assert abs(float(moments.mean() - expected / operator.dimension)) < 3.5 * error


def test_as_many_steps_as_dimensions_give_the_exact_density_on_average():
    eigenvalues = torch.tensor([-2.0, -0.5, 0.0, 1.0, 4.0], dtype=torch.float64)
    probes = 2000
    rule = lanczos_quadrature(DiagonalOperator(eigenvalues), probes=probes, steps=5, seed=SEED)
    exact = eigenvalues.expand(probes, 5)
    torch.testing.assert_close(rule.nodes, exact, rtol=0, atol=1e-6)
    errors = rule.weights.std(0) / math.sqrt(probes)
    assert bool(((rule.weights.mean(0) - 1 / 5).abs() < 4 * errors).all())


@pytest.mark.parametrize("eigenvalues", [[0.0] * 30, [1.0] * 30, [5.0, -1.0] + [0.0] * 28])
def test_spaces_that_close_early_keep_the_weights(eigenvalues):
    values = torch.tensor(eigenvalues, dtype=torch.float64)
    rule = lanczos_quadrature(DiagonalOperator(values), probes=3, steps=8, seed=SEED)
    torch.testing.assert_close(rule.weights.sum(1), torch.ones(3).double(), rtol=0, atol=1e-13)
    squares = torch.stack(
        [probe_vector(DiagonalOperator(values), SEED, i) for i in range(3)]
    ).square()
    for value in set(eigenvalues):
        at_value = (rule.nodes - value).abs() < 1e-12
        found = (rule.weights * at_value).sum(1)
        expected = (squares * (values == value)).sum(1)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


def test_probes_do_not_depend_on_how_many_fit_into_memory():
    operator = DiagonalOperator(_spectrum())
    together = lanczos_quadrature(operator, probes=5, steps=12, seed=SEED)
    assert operator.products == 5 * 12
    limit = 2 * (12 + WORKSPACE) * operator.dimension * 8  # two at a time
    apart = lanczos_quadrature(operator, probes=5, steps=12, seed=SEED, memory_limit=limit)
    torch.testing.assert_close(apart.nodes, together.nodes, rtol=0, atol=1e-12)
    torch.testing.assert_close(apart.weights, together.weights, rtol=0, atol=1e-12)


def test_single_precision_is_projected_in_double():
    rule = lanczos_quadrature(DiagonalOperator(_spectrum().float()), probes=3, steps=20, seed=SEED)
    exact = lanczos_quadrature(DiagonalOperator(_spectrum()), probes=3, steps=20, seed=SEED)
    assert rule.weights.dtype == torch.float64
    torch.testing.assert_close(rule.nodes[:, -1], exact.nodes[:, -1], rtol=0, atol=1e-5)


def test_memory_is_estimated_before_the_first_product():
    operator = DiagonalOperator(torch.ones(1000, dtype=torch.float64))
    message = r"at least 0\.000208 GB for the .* by 20 steps with 1,000 parameters, found 0\.0001"
    with pytest.raises(MemoryLimitError, match=message):
        lanczos_quadrature(operator, probes=4, steps=20, seed=SEED, memory_limit=1e5)
    assert operator.products == 0


@pytest.mark.parametrize(("probes", "steps"), [(1, 5), (3, 0), (3, 11)])
def test_impossible_numbers_are_refused(probes, steps):
    operator = DiagonalOperator(torch.ones(10, dtype=torch.float64))
    message = rf"at least 2 probes and 1 to 10 steps, found {probes} probes and {steps} steps"
    with pytest.raises(ValueError, match=message):
        lanczos_quadrature(operator, probes=probes, steps=steps, seed=SEED)


def test_products_that_are_not_finite_are_refused():
    operator = DiagonalOperator(torch.tensor([1.0, math.nan, 2.0]))
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        lanczos_quadrature(operator, probes=2, steps=2, seed=SEED)
