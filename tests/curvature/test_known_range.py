"""The range that a network's layers give, against the eigenpairs of the dense matrix."""

from functools import partial

import pytest
import torch
from torch import nn

from helpers.known_ranges import GIVES, TOLERANCE, all_found, dense_network, range_problem
from helpers.naive import naive_hessian
from helpers.other_modules import Square
from hessian_boundary.curvature import all_eigenpairs as module
from hessian_boundary.curvature.low_rank.known_range import known_range
from hessian_boundary.curvature.low_rank.range_basis import RangeBasis
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.networks.problem import Problem

GIVEN = "; the range as the layers give it"


def _check(problem, pairs, matrix=None):
    matrix = dense_matrix(Hessian(problem)) if matrix is None else matrix
    expected = torch.linalg.eigvalsh(matrix).flip(0)
    largest = float(expected.abs().max())
    rank = int((expected.abs() > TOLERANCE * largest).sum())
    assert len(pairs.eigenvalues) == pytest.approx(rank, abs=1)  # one may be at the tolerance
    clear = [
        values[values.abs() > 10 * TOLERANCE * largest] for values in (pairs.eigenvalues, expected)
    ]
    torch.testing.assert_close(*clear, rtol=0, atol=1e-13 * largest)
    vectors = pairs.eigenvectors
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(len(vectors), dtype=torch.float64))
    residuals = torch.linalg.vector_norm(
        vectors @ matrix - pairs.eigenvalues[:, None] * vectors, dim=1
    )
    assert float(residuals.max()) < 1e-13 * largest
    torch.testing.assert_close(pairs.residuals, residuals, rtol=0.5, atol=1e-14 * largest)


@pytest.mark.parametrize("name", GIVES)
def test_the_range_is_that_of_the_dense_matrix(name):
    problem = range_problem(*GIVES[name])
    pairs, remark, products = all_found(problem)
    assert remark == GIVEN
    _check(problem, pairs)
    assert products < problem.parameters


def test_fewer_products_than_a_search(monkeypatch):
    problem = range_problem(*GIVES["relu"])
    _, remark, given = all_found(problem)
    monkeypatch.setattr(module, "known_range", lambda *arguments: None)
    pairs, searched_remark, searched = all_found(problem)
    assert (remark, searched_remark) == (GIVEN, "")
    _check(problem, pairs)
    assert given < 0.75 * searched


def test_no_products_for_what_cross_entropy_does_not_feel():
    """2-30-30-3: 183 parameters beside the largest layer, of which 31 · 3 are the last layer's."""
    found = {}
    for loss in ("cross_entropy", "squared_error"):
        problem = range_problem(partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 25, loss)
        operator = Hessian(problem)
        assert known_range(problem, operator, 0.1 * TOLERANCE) is not None
        found[loss] = operator.products
    assert found == {"cross_entropy": 183 - 31, "squared_error": 183}


OTHERS = {
    # behind the largest layer are two activations: its units are coupled
    "deep and smooth": (partial(dense_network, nn.Tanh, (9, 30, 5, 3)), 8),
    "many samples": (partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 400),
    "one layer": (lambda: nn.Linear(30, 3), 90),
    "most parameters in the other layers": (partial(dense_network, nn.ReLU, (20, 20, 20, 3)), 8),
    "a convolution": (
        lambda: nn.Sequential(
            nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3)
        ),
        5,
    ),
    "a shared layer": (lambda: _shared(), 5),
}


def _shared():
    layer = nn.Linear(6, 6)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(6, 3))


@pytest.mark.parametrize("name", OTHERS)
def test_networks_whose_range_is_searched_for(name):
    network, samples = OTHERS[name]
    built = network()
    inputs = 16 if name == "a convolution" else next(built.parameters()).shape[1]
    x = torch.randn(samples, inputs, dtype=torch.float64)
    problem = Problem.prepared(built, x, torch.arange(samples) % 3)
    assert known_range(problem, Hessian(problem), 0.1 * TOLERANCE) is None
    pairs, remark, _ = all_found(problem)
    assert remark == ""
    _check(problem, pairs)


class _Squared(nn.Module):
    def forward(self, x):
        return Square.apply(x)


def test_an_activation_that_cannot_be_mapped_has_its_range_searched_for():
    """10-40-3 with an autograd.Function of one's own, as they are mostly written."""
    problem = range_problem(partial(dense_network, _Squared, (10, 40, 3)), 6, "cross_entropy")
    pairs, remark, _ = all_found(problem)
    assert remark == ""
    _check(problem, pairs, naive_hessian(problem.network, problem.x, problem.y))


def test_a_structure_that_does_not_hold_is_noticed(monkeypatch):
    problem = range_problem(*GIVES["relu"])

    def without_its_last_rows(*arguments):
        basis = known_range(*arguments)
        return RangeBasis(basis.parts[:-1], basis.dimension)

    monkeypatch.setattr(module, "known_range", without_its_last_rows)
    pairs, remark, _ = all_found(problem)
    assert remark == ""
    _check(problem, pairs)


def test_a_loss_that_does_not_depend_on_the_largest_layer():
    problem = range_problem(partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 25, "cross_entropy")
    with torch.no_grad():
        problem.network[2].bias.fill_(-1000)  # all units of the largest layer are off
    pairs, remark, _ = all_found(problem)
    assert remark == GIVEN
    _check(problem, pairs)
    assert 1 <= len(pairs.eigenvalues) <= 2


def test_products_that_are_not_finite_are_refused():
    problem = range_problem(*GIVES["relu"])
    with torch.no_grad():
        problem.network[0].weight.fill_(1e200)
        problem.network[2].weight.fill_(1e200)
    assert known_range(problem, Hessian(problem), 1e-13) is None


def test_a_tolerance_below_round_off_is_refused():
    with pytest.raises(ValueError, match=r"at least 4\.4e-14 for torch\.float64, found 1\.0e-14"):
        all_found(range_problem(*GIVES["relu"]), rank_tolerance=1e-14)
