"""ReLUs that are zero up to the round-off of float32, and what float32 makes of them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.linear_pieces import active_relus, with_active_relus
from hessian_boundary.networks.architectures.resnet20 import residual_network
from hessian_boundary.networks.problem import Problem


class TwoRelus(nn.Module):
    """relu as a function and as a method."""

    def forward(self, x):
        return F.relu(x) + (2 - x).relu()


def on_the_edge(samples=7):
    """A network whose first unit is 1e-9 away from zero at every sample: on, in float64."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3)).double()
    with torch.no_grad():
        network[0].weight[0] = torch.tensor([-1.0, 1.0])
        network[0].bias[0] = 0
    first = torch.rand(samples, dtype=torch.float64) + 1
    x = torch.stack([first, first + 1e-9], dim=1)
    return Problem.prepared(network, x, torch.arange(samples) % 3)


def single(problem):
    return Problem.prepared(problem.network, problem.x, problem.y, dtype=torch.float32)


def errors(problem, **options):
    """The relative errors of products in float32 with random vectors (3, p)."""
    vectors = torch.randn(3, problem.parameters, dtype=torch.float64)
    expected = Hessian(problem)(vectors)
    found = Hessian(single(problem), batch_size=3, chunk=2, **options)(vectors.float())
    return (found - expected).norm(dim=1) / expected.norm(dim=1)


def test_units_that_are_on_are_noted_in_the_order_of_evaluation():
    x = torch.tensor([[-1.0], [0.0], [1.0], [3.0]])
    first, second = active_relus(TwoRelus(), x)
    assert first.flatten().tolist() == [False, False, True, True]
    assert second.flatten().tolist() == [True, True, True, False]
    with with_active_relus([~first, second]):
        found = TwoRelus()(x)
    torch.testing.assert_close(found, torch.tensor([[2.0], [2.0], [1.0], [0.0]]))
    with pytest.raises(StopIteration), with_active_relus([first]):
        TwoRelus()(x)


def test_float32_is_on_the_piece_of_float64():
    problem = on_the_edge()
    assert errors(problem).min() > 1e-2
    assert errors(problem, pieces_of=problem).max() < 1e-5


def test_products_on_given_pieces_are_those_of_the_network_itself():
    torch.manual_seed(0)
    network = residual_network((3, 6, 6), 3, channels=(4, 6), blocks=1)
    problem = Problem.prepared(network, torch.randn(7, 3, 6, 6), torch.arange(7) % 3)
    vectors = torch.randn(3, problem.parameters, dtype=torch.float64)
    expected = Hessian(problem)(vectors)
    found = Hessian(problem, batch_size=3, chunk=2, pieces_of=problem)(vectors)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)


def test_where_units_are_on_takes_a_part_of_the_memory():
    """Of 100 samples with 3 units, a byte each."""
    problem = on_the_edge(100)

    def sizes(memory, **options):
        operator = Hessian(problem, memory=memory, **options)
        return [len(x) for x, _ in operator._batches], operator._chunk

    assert sizes(5_300, pieces_of=problem) == sizes(5_000) != sizes(5_300)
    assert sizes(1, pieces_of=problem) == sizes(1)
