"""The range that a network's layers give, against the eigenpairs of the dense matrix."""

import weakref
from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import nn

from helpers.naive import naive_hessian
from helpers.other_modules import Square
from hessian_boundary.curvature import all_eigenpairs as module
from hessian_boundary.curvature.all_eigenpairs import all_eigenpairs
from hessian_boundary.curvature.low_rank import known_range as low_rank
from hessian_boundary.curvature.low_rank.known_range import known_range
from hessian_boundary.curvature.low_rank.layer_block import unit_blocks
from hessian_boundary.curvature.low_rank.range_basis import RangeBasis, range_bytes
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.networks.problem import Problem

TOLERANCE = 1e-12
GIVEN = "; the range as the layers give it"


def _dense(activation, sizes, bias=True):
    layers = [nn.Linear(*pair, bias=bias) for pair in pairwise(sizes)]
    parts = [part for layer in layers for part in (layer, activation())]
    return nn.Sequential(*parts[:-1])


def _dead(sizes):
    """A ReLU network of which every third hidden unit is off at all samples."""
    network = _dense(nn.ReLU, sizes)
    with torch.no_grad():
        for layer in (network[0], network[2]):
            layer.bias[::3] = -100
    return network


def _pseudo_huber(logits, y):
    targets = nn.functional.one_hot(y, logits.shape[1])
    return ((1 + (logits - targets) ** 2).sqrt() - 1).sum(1)


# name -> (network, samples, loss)
GIVES = {
    "relu": (partial(_dense, nn.ReLU, (2, 30, 30, 3)), 25, "cross_entropy"),
    "relu, no bias": (partial(_dense, nn.ReLU, (2, 30, 30, 3), bias=False), 25, "cross_entropy"),
    "relu, dead units": (partial(_dead, (2, 30, 30, 3)), 25, "cross_entropy"),
    "relu, squared error": (partial(_dense, nn.ReLU, (2, 30, 30, 3)), 25, "squared_error"),
    "relu, another loss": (partial(_dense, nn.ReLU, (2, 30, 30, 3)), 25, _pseudo_huber),
    "relu, deep": (partial(_dense, nn.ReLU, (30, 40, 3, 3, 3)), 20, "cross_entropy"),
    "relu, one unit": (partial(_dense, nn.ReLU, (30, 20, 1, 3)), 9, "cross_entropy"),
    "sigmoid": (partial(_dense, nn.Sigmoid, (2, 30, 30, 3)), 6, "cross_entropy"),
    "sigmoid, no bias": (
        partial(_dense, nn.Sigmoid, (2, 30, 30, 3), bias=False),
        4,
        "cross_entropy",
    ),
    "tanh, squared error": (partial(_dense, nn.Tanh, (1, 25, 40, 2)), 6, "squared_error"),
}


def _problem(network, samples, loss):
    torch.manual_seed(1)
    built = network()
    first = next(layer for layer in built.modules() if isinstance(layer, nn.Linear))
    last = [layer for layer in built.modules() if isinstance(layer, nn.Linear)][-1]
    x = torch.randn(samples, first.in_features, dtype=torch.float64)
    return Problem.prepared(built, x, torch.arange(samples) % last.out_features, loss)


def _found(problem, **options):
    products = certified_products(problem, "range", torch.inf)
    given = {"rank_tolerance": TOLERANCE, "seed": 0, "memory_limit": torch.inf, **options}
    return *all_eigenpairs(problem, products, **given), products.operator.products


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
    problem = _problem(*GIVES[name])
    pairs, remark, products = _found(problem)
    assert remark == GIVEN
    _check(problem, pairs)
    assert products < problem.parameters


def test_fewer_products_than_a_search(monkeypatch):
    problem = _problem(*GIVES["relu"])
    _, remark, given = _found(problem)
    monkeypatch.setattr(module, "known_range", lambda *arguments: None)
    pairs, searched_remark, searched = _found(problem)
    assert (remark, searched_remark) == (GIVEN, "")
    _check(problem, pairs)
    assert given < 0.75 * searched


OTHERS = {
    # behind the largest layer are two activations: its units are coupled
    "deep and smooth": (partial(_dense, nn.Tanh, (9, 30, 5, 3)), 8),
    "many samples": (partial(_dense, nn.ReLU, (2, 30, 30, 3)), 400),
    "one layer": (lambda: nn.Linear(30, 3), 90),
    "most parameters in the other layers": (partial(_dense, nn.ReLU, (20, 20, 20, 3)), 8),
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
    pairs, remark, _ = _found(problem)
    assert remark == ""
    _check(problem, pairs)


class _Squared(nn.Module):
    def forward(self, x):
        return Square.apply(x)


def test_an_activation_that_cannot_be_mapped_has_its_range_searched_for():
    """10-40-3 with an autograd.Function of one's own, as they are mostly written."""
    problem = _problem(partial(_dense, _Squared, (10, 40, 3)), 6, "cross_entropy")
    pairs, remark, _ = _found(problem)
    assert remark == ""
    _check(problem, pairs, naive_hessian(problem.network, problem.x, problem.y))


def test_too_little_memory_is_no_reason_to_search(monkeypatch):
    def out_of_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr(module, "known_range", out_of_memory)
    with pytest.raises(MemoryError):
        _found(_problem(*GIVES["relu"]))


def test_a_basis_that_does_not_fit_is_not_made():
    problem = _problem(*GIVES["relu"])
    assert known_range(problem, Hessian(problem), 1e-13) is not None
    operator = Hessian(problem)
    assert known_range(problem, operator, 1e-13, memory_limit=1e6) is None
    assert operator.products == 0


def test_a_factor_that_does_not_fit_is_not_made(monkeypatch):
    """Its 75 rows of 930 numbers, two times, beside the basis that has to fit in any case."""
    problem = _problem(*GIVES["relu"])
    made = []
    monkeypatch.setattr(low_rank, "factor_rows", lambda *_: made.append(1) or torch.ones(5, 930))
    basis = range_bytes(problem.parameters, 183)
    for limit in (basis, basis + 2 * 75 * 930 * 8 - 1):
        operator = Hessian(problem)
        assert known_range(problem, operator, 1e-13, memory_limit=limit) is None
        assert operator.products == 0
    assert not made
    known_range(problem, Hessian(problem), 1e-13, memory_limit=limit + 1)
    assert made


def test_the_blocks_of_units_are_made_where_there_are_some_and_they_fit():
    """What follows ReLU bends nowhere. Of 30 units with 30 inputs and a bias, four arrays."""
    relu, sigmoid = (_problem(*GIVES[name]) for name in ("relu", "sigmoid"))
    assert unit_blocks(relu, relu.network[2], 0).shape == (30, 0, 31)
    size = 4 * 30 * 31**2 * 8
    assert unit_blocks(sigmoid, sigmoid.network[2], size - 1) is None
    assert unit_blocks(sigmoid, sigmoid.network[2], size).shape == (30, 31, 31)


def test_a_basis_that_does_not_hold_is_gone_when_another_is_searched_for(monkeypatch):
    problem = _problem(*GIVES["relu"])
    given = []

    def without_its_last_rows(*arguments):
        basis = known_range(*arguments)
        part = RangeBasis(basis.parts[:1], basis.dimension, images=basis.images)
        given.append(weakref.ref(part))
        return part

    def search(*arguments, **options):
        assert given[0]() is None
        return "found"

    monkeypatch.setattr(module, "known_range", without_its_last_rows)
    monkeypatch.setattr(module, "range_eigenpairs", search)
    assert _found(problem)[0] == "found"


def test_a_structure_that_does_not_hold_is_noticed(monkeypatch):
    problem = _problem(*GIVES["relu"])

    def without_its_last_rows(*arguments):
        basis = known_range(*arguments)
        return RangeBasis(basis.parts[:1], basis.dimension, images=basis.images)

    monkeypatch.setattr(module, "known_range", without_its_last_rows)
    pairs, remark, _ = _found(problem)
    assert remark == ""
    _check(problem, pairs)


def test_a_loss_that_does_not_depend_on_the_largest_layer():
    problem = _problem(partial(_dense, nn.ReLU, (2, 30, 30, 3)), 25, "cross_entropy")
    with torch.no_grad():
        problem.network[2].bias.fill_(-1000)  # all units of the largest layer are off
    pairs, remark, _ = _found(problem)
    assert remark == GIVEN
    _check(problem, pairs)
    assert 1 <= len(pairs.eigenvalues) <= 2


def test_products_that_are_not_finite_are_refused():
    problem = _problem(*GIVES["relu"])
    with torch.no_grad():
        problem.network[0].weight.fill_(1e200)
        problem.network[2].weight.fill_(1e200)
    assert known_range(problem, Hessian(problem), 1e-13) is None


def test_a_tolerance_below_round_off_is_refused():
    with pytest.raises(ValueError, match=r"at least 4\.4e-14 for torch\.float64, found 1\.0e-14"):
        _found(_problem(*GIVES["relu"]), rank_tolerance=1e-14)
