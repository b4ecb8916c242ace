"""Probes of G_θ: what they leave as it is, and what is known of their numbers."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from helpers.naive_gauss_newton import naive_gauss_newton
from hessian_boundary.generalisation.probes import (
    COLUMNS,
    SAMPLES,
    SCALES,
    WIGGLES,
    probe_g_theta,
    with_wiggles,
)
from hessian_boundary.networks.problem import Problem, loss_by_name


@pytest.fixture(scope="module")
def problem() -> Problem:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 3)).double().eval()
    x = torch.randn(15, 2, dtype=torch.float64)
    return Problem(network, x, network(x).argmax(1), loss_by_name("cross_entropy"))


@pytest.fixture(scope="module")
def more() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(max(SAMPLES), 2, dtype=torch.float64)


@pytest.fixture(scope="module")
def probed(problem, more):
    return probe_g_theta(problem, more)


def of(probed, probe: str, quantity: str) -> np.ndarray:
    chosen = (probed["probe"] == probe) & (probed["quantity"] == quantity)
    return probed.loc[chosen, "value"].to_numpy()


def test_every_setting_has_every_quantity(probed) -> None:
    assert list(probed.columns) == list(COLUMNS)
    for probe, settings in (("samples", SAMPLES), ("rescaling", SCALES), ("wiggles", WIGGLES)):
        for quantity in ("g_theta_max", "g_theta_mean", "trace", "lambda_max"):
            assert len(of(probed, probe, quantity)) == len(settings)


def test_g_theta_is_at_most_its_ceiling(problem, probed) -> None:
    ceiling = of(probed, "samples", "ceiling")
    assert (of(probed, "samples", "g_theta_max") <= ceiling).all()
    assert ceiling[0] == min(1, SAMPLES[0] * 2 / problem.parameters)


def test_wiggles_are_unseen_at_the_samples_and_bend_the_boundary(problem, probed) -> None:
    x, logits = problem.x, problem.network(problem.x)
    wiggly = with_wiggles(problem.network, x, 16, 16)
    torch.testing.assert_close(wiggly(x), logits, rtol=1e-12, atol=1e-12)
    assert not torch.allclose(wiggly(20 * x), problem.network(20 * x))
    for quantity in ("g_theta_max", "g_theta_mean", "trace", "lambda_max"):
        assert np.ptp(of(probed, "wiggles", quantity)) == pytest.approx(0, abs=1e-12)
    assert of(probed, "wiggles", "pieces")[-1] > of(probed, "wiggles", "pieces")[0]


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_rescaled_networks_have_the_numbers_of_loops_over_their_samples(
    problem, probed, scale: float
) -> None:
    network = deepcopy(problem.network)
    first, _, last = network
    with torch.no_grad():
        first.weight *= scale
        first.bias *= scale
        last.weight /= scale
    torch.testing.assert_close(network(problem.x), problem.network(problem.x))
    expected = naive_gauss_newton(network, problem.x)
    for quantity in ("g_theta_max", "g_theta_mean", "trace", "lambda_max"):
        found = of(probed, "rescaling", quantity)[SCALES.index(scale)]
        assert found == pytest.approx(expected[quantity], rel=1e-9), quantity


def test_further_samples_have_the_numbers_of_loops_over_them(problem, probed, more) -> None:
    expected = naive_gauss_newton(problem.network, more[: SAMPLES[0]])
    for quantity in ("g_theta_max", "g_theta_mean", "trace", "lambda_max"):
        found = of(probed, "samples", quantity)[0]
        assert found == pytest.approx(expected[quantity], rel=1e-9), quantity


def test_too_few_samples_and_other_networks_are_refused(problem) -> None:
    with pytest.raises(ValueError, match=r"expected at least 800 further samples.*found 15"):
        probe_g_theta(problem, problem.x)
    deep = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match="expected a network of Linear, ReLU and Linear"):
        with_wiggles(deep, problem.x, 1, 1)
