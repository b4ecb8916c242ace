"""Float32 against a naive loop, and the parts of each method: gradients, pairs, errors."""

import math

import pytest
import torch
from torch import nn

from helpers.naive_float32 import naive_float32
from helpers.precision_tables import value_of
from helpers.problems import network_as_confident
from hessian_boundary.alignment.unit_gradients import unit_gradients
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_eigenpairs, dense_matrix
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.arithmetics import outcomes, relative_errors
from hessian_boundary.precision.single import all_eigenpairs
from hessian_boundary.precision.study import study_precision


@pytest.mark.parametrize("scale", [0.7, 1.2])
def test_float32_is_what_a_naive_loop_finds(scale, mild):
    problem = network_as_confident(scale)
    table = mild if scale == 0.7 else study_precision(Problem(*problem), rank_tolerance=1e-12)[0]
    expected = naive_float32(*problem)
    for statistic in ("max", "mean"):
        assert value_of(table, "float32_dense", "g_theta", statistic) == expected[statistic] > 0
    for quantity in ("epsilon", "gradients_zero", "gradients_below_1e-20"):
        assert value_of(table, "float32_dense", quantity) == pytest.approx(
            expected[quantity], rel=1e-5
        )


@pytest.mark.parametrize(("method", "shortest"), [("float32_dense", 1e-20), ("float32_uncut", 0)])
def test_short_gradients_are_cut_or_not(method, shortest, confident):
    expected = naive_float32(*network_as_confident(4.0), shortest=shortest)
    assert 0 < expected["gradients_zero"] < expected["gradients_below_1e-20"] < 1
    for statistic in ("max", "mean"):
        # eigenvectors of eigenvalues near zero differ between two ways to form the matrix
        counted = value_of(confident, method, "counted", statistic)
        assert abs(counted - expected[statistic] * 81) <= 4
    assert value_of(confident, method, "epsilon") == pytest.approx(expected["epsilon"], rel=1e-4)
    found = {
        name: samples for name, samples, _ in outcomes(Problem(*network_as_confident(4.0)), 1e-12)
    }
    unaligned = (found[method]["alignment"] == 0).all("eigen")
    assert float(unaligned.mean()) == expected["unaligned"]
    assert (expected["unaligned"] == expected["gradients_zero"]) == (shortest == 0)
    assert not (found["float32_stable"]["alignment"] == 0).all("eigen").any()


def test_stable_gradients_are_those_of_float64(confident):
    for quantity in ("gradients_zero", "gradients_below_1e-20", "epsilon"):
        assert value_of(confident, "float32_stable", quantity) == pytest.approx(
            value_of(confident, "float64_dense", quantity), rel=1e-5
        )
    assert value_of(confident, "float32_stable", "resolved_share_min") == pytest.approx(1, abs=1e-3)


def test_errors_of_pairs_are_their_residuals_with_the_exact_hessian():
    module, x, y, loss = network_as_confident(1.2)
    hessian = dense_matrix(Hessian(Problem(module, x, y, loss)))
    exact = dense_eigenpairs(Hessian(Problem(module, x, y, loss)), rank_tolerance=1e-14)
    generator = torch.Generator().manual_seed(3)
    values, vectors = all_eigenpairs(hessian)
    vectors = vectors + 1e-6 * torch.randn(vectors.shape, generator=generator).double()
    found = relative_errors(values, vectors, exact)
    expected = torch.linalg.vector_norm(vectors @ hessian - values[:, None] * vectors, dim=1)
    torch.testing.assert_close(found * values.abs(), expected, rtol=1e-4, atol=1e-9)
    assert relative_errors(torch.zeros(1), vectors[:1], exact).isinf().all()


def test_gradients_that_are_zero_in_float32_have_no_alignment(confident):
    expected = naive_float32(*network_as_confident(4.0))
    assert 0.05 < expected["gradients_zero"] < 1
    for quantity in ("gradients_zero", "gradients_below_1e-20"):
        assert value_of(confident, "float32_dense", quantity) == pytest.approx(expected[quantity])
    assert value_of(confident, "gauss_newton", "gradients_zero") == 0
    assert value_of(confident, "gauss_newton", "gradients_below_1e-20") > 0.2


def test_unit_gradients_keep_directions_down_to_the_minimum():
    """One layer: g = q (e_c − e_y) ⊗ (x, 1) with the softmax weight q of the other class c."""
    module = nn.Linear(1, 2).double()
    module.weight.data = torch.tensor([[400.0], [0.0]]).double()
    module.bias.data = torch.zeros(2).double()
    x = torch.tensor([[1.0], [1.5], [1.85]]).double()  # weights 1e-174, 1e-261, 1e-321
    problem = Problem(module, x, torch.zeros(len(x), dtype=torch.long), cross_entropy_per_sample)
    directions, lengths, labels = unit_gradients(problem, 1e-300)
    assert labels.tolist() == [0, 0, 0]
    for i, value in enumerate([1.0, 1.5]):
        expected = torch.tensor([-value, value, -1, 1]).double()  # weights, then biases
        length = float(expected.norm())
        torch.testing.assert_close(directions[i], expected / length, rtol=1e-12, atol=0)
        assert float(lengths[i]) == pytest.approx(math.exp(-400 * value) * length, rel=1e-9)
    assert directions[2].isnan().all()
    assert lengths[2] < 1e-300


def test_all_eigenpairs_of_a_matrix_with_zero_rows():
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(9, 9, generator=generator).double()
    rows[:, [2, 5]] = 0
    matrix = rows.T @ rows
    values, vectors = all_eigenpairs(matrix)
    assert vectors.shape == (7, 9)
    assert (vectors[:, [2, 5]] == 0).all()
    torch.testing.assert_close(vectors.T * values @ vectors, matrix, rtol=0, atol=1e-13)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(7).double(), rtol=0, atol=1e-14)
