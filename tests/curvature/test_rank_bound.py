"""The bound on the rank of the Hessian: by hand, and against ranks of matrices."""

import torch

from hessian_boundary.curvature.low_rank.rank_bound import hessian_rank_bound
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.networks.losses import cross_entropy_per_sample, squared_error_per_sample
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
