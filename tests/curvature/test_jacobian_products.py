"""Products with the Jacobian of the logits, against the Jacobian written out row by row."""

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.gauss_newton import jacobian
from hessian_boundary.curvature.gauss_newton.jacobian import pulled_back, pushed_forward
from hessian_boundary.networks.architectures.resnet20 import residual_network
from hessian_boundary.networks.problem import Problem


class Recurrent(nn.Module):
    """A layer that neither forward mode nor vectorisation can treat."""

    def __init__(self):
        super().__init__()
        self.layer = nn.LSTM(3, 4, batch_first=True)
        self.unused = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.layer(x)[0][:, -1, :3]


def network_of(name):
    torch.manual_seed(0)
    if name == "residual":
        network, x = residual_network((2, 6, 6), 3, channels=(3, 4), blocks=1), (7, 2, 6, 6)
    elif name == "recurrent":
        network, x = Recurrent(), (7, 5, 3)
    else:
        network, x = nn.Linear(4, 3), (7, 4)
    return Problem.prepared(network, torch.randn(x), torch.arange(7) % 3)


def written_out(problem):
    """The Jacobian (n, C, p), one logit of one sample after the other."""
    parameters = list(problem.network.parameters())
    rows = []
    for x in problem.x:
        for logit in problem.network(x[None])[0]:
            parts = torch.autograd.grad(
                logit, parameters, retain_graph=True, materialize_grads=True
            )
            rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows).unflatten(0, (problem.samples, problem.classes))


@pytest.mark.parametrize("batch", [1, 3, 128])  # ragged: 7 samples
@pytest.mark.parametrize("name", ["residual", "recurrent", "linear"])
def test_products_are_those_of_the_jacobian_written_out(name, batch, monkeypatch):
    monkeypatch.setattr(jacobian, "BATCH", batch)
    problem = network_of(name)
    expected = written_out(problem)
    vectors = torch.randn(2, problem.parameters, dtype=torch.float64)
    cotangents = torch.randn(2, problem.samples, problem.classes, dtype=torch.float64)
    torch.testing.assert_close(
        pushed_forward(problem, vectors), torch.einsum("scp,kp->ksc", expected, vectors)
    )
    torch.testing.assert_close(
        pulled_back(problem, cotangents), torch.einsum("scp,ksc->kp", expected, cotangents)
    )
    some = slice(2, 6)
    torch.testing.assert_close(
        pushed_forward(problem, vectors, some),
        torch.einsum("scp,kp->ksc", expected[some], vectors),
    )
    torch.testing.assert_close(
        pulled_back(problem, cotangents, some),
        torch.einsum("scp,ksc->kp", expected[some], cotangents[:, some]),
    )
