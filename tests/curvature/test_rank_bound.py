"""The bound on the rank of the Hessian: by hand, and against ranks of matrices."""

import torch
from torch import nn

from helpers.naive import naive_hessian
from hessian_boundary import analyse
from hessian_boundary.curvature.low_rank.rank_bound import hessian_rank_bound
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.problem import Problem


def first(case, count):
    return Problem(case.module, case.x[:count], case.y[:count], cross_entropy_per_sample)


def test_rank_bound_by_hand_and_against_the_rank(make_problem):
    case = make_problem("mlp_relu")  # layers of 60, 420 and 63 parameters, of which 21 per class
    assert hessian_rank_bound(case.problem) == 150 * 2 + 2 * (60 + 63 - 21)
    bound = hessian_rank_bound(first(case, 8))
    assert bound == 8 * 2 + 2 * (60 + 63 - 21)
    x, y = case.x[:8], case.y[:8]
    matrix = dense_matrix(Hessian(Problem(case.module, x, y, cross_entropy_per_sample)))
    rank = int(torch.linalg.matrix_rank(matrix, hermitian=True))
    assert bound - 60 < rank <= bound


def test_rank_bound_is_at_most_the_number_of_parameters(make_problem):
    case = make_problem("softmax_regression")
    assert hessian_rank_bound(case.problem) == 15


def test_networks_that_are_not_linear_in_each_layer_have_no_rank_bound(make_problem):
    case = make_problem("mlp_sigmoid")
    assert hessian_rank_bound(first(case, 8)) == case.size


def test_rank_bound_of_the_squared_error(make_problem):
    case = make_problem("mlp_relu")
    x, y = case.x[:8], case.y[:8]
    bound = hessian_rank_bound(Problem(case.module, x, y, squared_error_per_sample))
    assert bound == 8 * 3 + 2 * (60 + 63)
    matrix = dense_matrix(Hessian(Problem(case.module, x, y, squared_error_per_sample)))
    assert bound - 80 < int(torch.linalg.matrix_rank(matrix, hermitian=True)) <= bound


def test_a_dense_layer_used_at_many_positions_has_no_rank_bound():
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Flatten(), nn.Linear(40, 3)).double()
    x, y = torch.randn(6, 5, 4, dtype=torch.float64), torch.arange(6) % 3
    problem = Problem(module, x, y, cross_entropy_per_sample)
    assert hessian_rank_bound(problem) == problem.parameters
    values = torch.linalg.eigvalsh(naive_hessian(module, x, y))
    found = torch.from_numpy(analyse(module, x, y, method="dense").spectrum["eigenvalues"].values)
    torch.testing.assert_close(found[:5], values.flip(0)[:5], rtol=1e-10, atol=0)


def test_a_last_layer_with_fewer_units_than_classes_counts_whole():
    """Two units at two positions are the four logits: no unit is one class."""
    parts = (nn.Conv2d(1, 8, 2), nn.ReLU(), nn.Conv2d(8, 2, 1), nn.Flatten())
    module, x = nn.Sequential(*parts).double(), torch.randn(1, 1, 2, 3, dtype=torch.float64)
    problem = Problem(module, x, torch.tensor([0]), cross_entropy_per_sample)
    assert hessian_rank_bound(problem) == 3 + 2 * 18
    hessian = naive_hessian(module, x, problem.y)
    assert int(torch.linalg.matrix_rank(hessian, hermitian=True)) <= 3 + 2 * 18


def test_a_last_layer_whose_logits_are_changed_counts_whole():
    layers = (nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    x, y = torch.randn(2, 4, dtype=torch.float64), torch.arange(2)
    for last, coupled in ((nn.Identity(), 27 - 9), (nn.ReLU(), 27)):
        module = nn.Sequential(*layers, last).double()
        bound = hessian_rank_bound(Problem(module, x, y, cross_entropy_per_sample))
        assert bound == 2 * 2 + 2 * coupled
