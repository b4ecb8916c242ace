"""The trace by samples: against the Hessian's, and where it does not apply."""

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.curvature.trace import JACOBIANS, sample_bytes, trace_by_samples
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.architectures import mlp
from hessian_boundary.networks.problem import Problem


def _hessian(case):
    return Hessian(case.problem, batch_size=64)


@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "softmax_regression"])
def test_trace_by_samples_is_the_trace_of_the_hessian(make_problem, name):
    case = make_problem(name)
    expected = float(dense_matrix(_hessian(case)).trace())
    arguments = case.module, case.x, case.y, cross_entropy_per_sample
    assert trace_by_samples(Problem(*arguments)) == pytest.approx(expected, rel=1e-12)
    assert trace_by_samples(Problem(*arguments), batch_size=64) == pytest.approx(
        expected, rel=1e-12
    )


def test_trace_by_samples_holds_for_the_squared_error(make_problem):
    case = make_problem("mlp_relu")
    arguments = (case.module, case.x, case.y, squared_error_per_sample)
    expected = float(torch.trace(dense_matrix(Hessian(Problem(*arguments)))))
    assert trace_by_samples(Problem(*arguments)) == pytest.approx(expected, rel=1e-12)


def test_trace_by_samples_declines_curved_activations(make_problem):
    case = make_problem("mlp_sigmoid")
    assert trace_by_samples(case.problem) is None


class _TwiceInForward(nn.Sequential):
    def forward(self, x):
        return self[1](torch.relu(self[0](torch.relu(self[0](x)))))


def _listed_twice():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(2, 3))


def _shared_weight():
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    module[2].weight = module[0].weight
    return module


@pytest.mark.parametrize(
    "build",
    [lambda: _TwiceInForward(nn.Linear(2, 2), nn.Linear(2, 3)), _listed_twice, _shared_weight],
)
def test_trace_by_samples_declines_networks_that_use_a_parameter_twice(build):
    # such a network is quadratic in that parameter, so the formula's second sum is not zero
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 2
    assert trace_by_samples(Problem(build().double(), x, y, cross_entropy_per_sample)) is None


def _first_layer_frozen(problem):
    """Without what makes gradients products of the layers' inputs: each Jacobian is written out."""
    problem.network[0].requires_grad_(False)
    return Problem(problem.network, problem.x, problem.y, problem.loss)


@pytest.mark.parametrize("change", [lambda problem: problem, _first_layer_frozen])
def test_the_trace_fits_its_batches_to_the_memory_and_is_left_out_where_one_sample_does_not(
    make_problem, change
):
    problem = change(make_problem("cnn").problem)
    expected = float(dense_matrix(Hessian(problem)).trace())
    assert trace_by_samples(problem) == pytest.approx(expected, rel=1e-12)
    one = sample_bytes(problem)
    assert trace_by_samples(problem, memory_limit=7.5 * one) == pytest.approx(expected, rel=1e-12)
    assert trace_by_samples(problem, memory_limit=0.9 * one) is None


def test_layers_take_no_memory_for_jacobians():
    module = mlp.build((50,), 10, hidden=[1000, 1000]).double()
    x, y = torch.randn(3, 50, dtype=torch.float64), torch.arange(3)
    problem = Problem(module, x, y, cross_entropy_per_sample)
    jacobian = JACOBIANS * problem.classes * problem.parameters * 8
    assert sample_bytes(problem) < jacobian / 500
    assert trace_by_samples(problem, memory_limit=jacobian / 500) is not None
