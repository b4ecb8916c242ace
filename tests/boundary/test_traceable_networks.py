"""Which networks and windows have an exact boundary, and how all others are refused."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.plane_networks import WINDOW, linear
from hessian_boundary.boundary.exact import (
    distance_to_boundary,
    exact_boundary,
    untraced_boundary,
)
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_traceable


def test_which_networks_are_piecewise_linear() -> None:
    nested = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Identity())
    assert not why_not_traceable(nested)
    assert not why_not_traceable(nn.Linear(2, 3))
    assert why_not_traceable(nn.Sequential(nested, nn.Tanh()))
    assert why_not_traceable(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.Sigmoid()), "expected only Linear, ReLU.*Sigmoid"),
        (nn.Linear(3, 2), "expected a network of two input features.*found 3"),
        (nn.Linear(2, 1), "expected .* one logit per class, found 2 features and 1"),
        (linear([[1, 2], [np.nan, 4]], [0, 0]), "expected finite parameters, found NaN"),
    ],
)
def test_networks_that_do_not_qualify_are_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exact_boundary(module, WINDOW)


@pytest.mark.parametrize("window", [((0, 1),), ((0, 1), (1, 1)), ((0, 1), (0, np.nan))])
def test_windows_that_are_no_rectangle_are_refused(window) -> None:
    with pytest.raises(ValueError, match=r"expected a window \(\(x0, x1\), \(y0, y1\)\)"):
        exact_boundary(nn.Linear(2, 2), window)


def test_a_binary_network_of_one_output_has_the_boundary_of_its_two_logits() -> None:
    torch.manual_seed(0)
    one = nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 1)).double()
    with torch.no_grad():
        one[2].bias -= one(torch.zeros(1, 2).double())[0]  # through the middle of the window
    x, y = torch.randn(5, 2, dtype=torch.float64), torch.tensor([0, 1, 0, 1, 1])
    found = exact_boundary(Problem(one, x, y, cross_entropy_per_sample).network, WINDOW)
    last = nn.Linear(1, 2, bias=False).double()
    last.weight.data = torch.tensor([[0.0], [1.0]]).double()
    expected = exact_boundary(nn.Sequential(*one, last), WINDOW)
    assert expected.sizes["piece"] > 2
    for name in expected.data_vars:
        np.testing.assert_allclose(found[name].values, expected[name].values, atol=1e-12)
    ends = torch.from_numpy(found["start"].values)
    assert float(one(ends).detach().abs().max()) < 1e-10


def test_networks_without_an_exact_boundary_have_one_without_pieces() -> None:
    smooth = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2))
    assert "in sequence, found that Sigmoid is not one of" in why_not_traceable(smooth)
    diverged = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    assert why_not_traceable(diverged) == ""
    diverged[0].weight.data[0, 0] = np.nan
    assert why_not_traceable(diverged).startswith("expected finite parameters, found NaN")
    boundary = untraced_boundary(((0, 1), (0, 1)), "why")
    assert boundary.attrs == {"window": [[0, 1], [0, 1]], "untraced": "why"}
    traced = exact_boundary(nn.Sequential(nn.Linear(2, 2)), ((0, 1), (0, 1)))
    assert boundary.sizes.keys() == traced.sizes.keys()
    assert boundary.sizes["piece"] == 0
    assert np.isinf(distance_to_boundary(np.zeros((3, 2)), boundary)["distance"]).all()
