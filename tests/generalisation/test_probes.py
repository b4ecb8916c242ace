"""Probes of G_θ: what they leave as it is, and what is known of their numbers."""

import numpy as np
import pytest
import torch
from torch import nn

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
def probed(problem):
    return probe_g_theta(problem, torch.randn(max(SAMPLES), 2, dtype=torch.float64))


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


def test_rescaling_by_one_changes_nothing_and_by_ten_the_trace(probed) -> None:
    trace = of(probed, "rescaling", "trace")
    assert trace[SCALES.index(10.0)] != pytest.approx(trace[SCALES.index(1.0)])


def test_too_few_samples_and_other_networks_are_refused(problem) -> None:
    with pytest.raises(ValueError, match=r"expected at least 800 further samples.*found 15"):
        probe_g_theta(problem, problem.x)
    deep = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match="expected a network of Linear, ReLU and Linear"):
        with_wiggles(deep, problem.x, 1, 1)
