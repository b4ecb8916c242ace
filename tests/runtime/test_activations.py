"""How many samples fit: by numbers that are counted by hand."""

from math import inf

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.activations import ARRAYS, fitting_batch, output_numbers

NETWORK = nn.Sequential(nn.Sequential(nn.Linear(4, 7), nn.ReLU()), nn.Linear(7, 3)).double()
X = torch.randn(50, 4, dtype=torch.float64)
ONE = ARRAYS * (7 + 7 + 3) * 8


def test_outputs_of_parts_are_counted_once_and_no_hook_is_left():
    assert output_numbers(NETWORK, X[:1]) == 7 + 7 + 3
    assert not any(part._forward_hooks for part in NETWORK.modules())


@pytest.mark.parametrize(("memory", "batch"), [(inf, 32), (1e9, 32), (4.5 * 2 * ONE, 4), (1, 1)])
def test_fewer_samples_where_memory_is_short(memory, batch):
    assert fitting_batch(NETWORK, X, 32, 2, memory) == batch


def test_products_are_the_same_whatever_fits():
    problem = Problem(NETWORK, X, torch.arange(50) % 3, cross_entropy_per_sample)
    vectors = torch.randn(3, problem.parameters, dtype=torch.float64)
    tight = Hessian(problem, memory=32 * 7 * ONE)
    assert len(tight._batches) > len(Hessian(problem)._batches) == 1
    torch.testing.assert_close(tight(vectors), Hessian(problem)(vectors), rtol=1e-12, atol=1e-14)
