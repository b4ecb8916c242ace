"""What of a spectrum is computed, or refused, where memory is small."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.curvature import spectrum as module
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import FOR_PRODUCTS
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.networks.problem import Problem


def test_of_a_network_too_large_for_the_machine_a_part_is_computed(monkeypatch) -> None:
    """Nobody says a limit of memory, and all eigenpairs would take more than there is."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 40), nn.Tanh(), nn.Linear(40, 3))
    x, y = torch.randn(60, 20), torch.arange(60) % 3
    problem = Problem.prepared(network, x, y)
    monkeypatch.setattr(module, "memory_of", lambda device: 2e6)
    found = compute_spectrum(problem, CurvatureOptions(density_probes=0))
    assert found.attrs["method"] == "lanczos"
    monkeypatch.setattr(module, "memory_of", lambda device: 8e9)
    whole = compute_spectrum(problem, CurvatureOptions())
    assert whole.attrs["complete"]
    np.testing.assert_allclose(found["eigenvalues"], whole["eigenvalues"][:10], rtol=1e-9)


def test_a_density_that_will_not_fit_is_refused_before_the_pairs_are_computed() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 40), nn.Tanh(), nn.Linear(40, 3))
    problem = Problem.prepared(network, torch.randn(60, 20), torch.arange(60) % 3)
    # ten pairs take a third of what 400 steps take
    limit = 1e-9 * 300 * 8 * problem.parameters / (1 - FOR_PRODUCTS)
    options = CurvatureOptions(method="lanczos", memory_limit_gb=limit, density_steps=400)
    blocks: list[KrylovState] = []
    checkpoint = SimpleNamespace(load=lambda: None, save=blocks.append, folder="")
    with pytest.raises(MemoryLimitError, match="for the spectral density by 400 steps"):
        compute_spectrum(problem, options, checkpoint)
    assert not blocks
    compute_spectrum(problem, replace(options, density_steps=40), checkpoint)
    assert blocks
