"""The margin that is estimated from the top eigenvector (Appendix I.3)."""

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.boundary import margin
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def test_margin_is_the_distance_to_the_nearer_of_the_two_extreme_samples() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0], [9.0, 9.0]])
    found = margin.estimate_margin(np.array([0.0, 1.0]), 0.9, x, np.array([0.9, -0.7, np.nan]))
    np.testing.assert_array_equal(found["x_max"], [0, 0])
    np.testing.assert_array_equal(found["x_min"], [3, 4])
    assert found.attrs == {"margin": 1.0, "squared_cosine": 0.9}


def test_without_a_gradient_with_a_direction_there_is_no_margin() -> None:
    found = margin.estimate_margin(np.array([0.0, 1.0]), 0.9, np.eye(2), np.full(2, np.nan))
    assert np.isnan(found.attrs["margin"])
    assert found["x_boundary"].values.tolist() == [0, 1]


def test_the_margin_of_a_diverged_training_is_unknown() -> None:
    unknown = margin.unknown_margin(3)
    known = margin.estimate_margin(np.zeros(3), 0.5, np.eye(3), np.arange(3.0))
    assert unknown.sizes == known.sizes
    assert set(unknown) == set(known)
    assert unknown.attrs.keys() == known.attrs.keys()
    assert np.isnan([*unknown.attrs.values(), *unknown["x_max"].values]).all()


def test_boundary_sample_climbs_to_a_larger_alignment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The direction is the gradient at a point, so an alignment of one exists."""
    monkeypatch.setattr(margin, "STEPS", 300)
    module = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    start = torch.tensor([0.3, -0.2], dtype=torch.float64)
    loss = cross_entropy_per_sample(module(start[None]), module(start[None]).argmax(1)).sum()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, module.parameters())])
    target = gradient / gradient.norm()
    labels = torch.zeros(1, dtype=torch.long)
    problem = Problem(module, start[None], labels, cross_entropy_per_sample)
    _, before = margin.boundary_sample(problem, target, seed=4)
    monkeypatch.setattr(margin, "STEPS", 3000)
    found, after = margin.boundary_sample(problem, target, seed=4)
    assert after > before  # it climbs
    assert after == pytest.approx(naive_squared_cosine(module, found, target), rel=1e-9)


def naive_squared_cosine(module: nn.Module, x: torch.Tensor, direction: torch.Tensor) -> float:
    logits = module(x[None])
    loss = nn.functional.cross_entropy(logits, logits.argmax(1))
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, module.parameters())])
    return float((gradient @ direction) ** 2 / (gradient @ gradient))


def test_the_descent_is_that_of_the_authors(monkeypatch: pytest.MonkeyPatch) -> None:
    """x ← x − rate (∇(1 − cos²)² + 0.001 x), the rate a tenth after some steps, by finite steps."""
    monkeypatch.setattr(margin, "STEPS", 12)
    monkeypatch.setattr(margin, "DECAY_AFTER", 8)
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    target = torch.randn(39, dtype=torch.float64)
    target /= target.norm()
    labels = torch.zeros(1, dtype=torch.long)
    problem = Problem(module, torch.zeros(1, 2).double(), labels, cross_entropy_per_sample)
    found, squared = margin.boundary_sample(problem, target, seed=4)
    x = torch.randn(2, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    for step in range(12):
        slope = torch.zeros(2, dtype=torch.float64)
        for axis in range(2):
            shift = torch.zeros(2, dtype=torch.float64)
            shift[axis] = 1e-5
            ahead, behind = (
                (1 - naive_squared_cosine(module, x + sign * shift, target)) ** 2
                for sign in (1, -1)
            )
            slope[axis] = (ahead - behind) / 2e-5
        x = x - (0.001 if step >= 8 else 0.01) * (slope + 0.001 * x)
    torch.testing.assert_close(found, x, rtol=1e-8, atol=1e-9)
    assert squared == pytest.approx(naive_squared_cosine(module, found, target), rel=1e-9)
