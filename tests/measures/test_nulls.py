"""Nulls of "encodes": on a network whose gradients are known, and against a loop."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from hessian_boundary.alignment.grids import align_grid
from hessian_boundary.losses.per_sample import PER_SAMPLE
from hessian_boundary.measures import nulls
from hessian_boundary.measures.nulls import contrast_with_nulls
from hessian_boundary.networks.problem import Problem

WINDOW = ((-2.0, 2.0), (-2.0, 2.0))


def problem() -> Problem:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    draw = np.random.default_rng(0)
    x = torch.from_numpy(draw.standard_normal((40, 2)))
    return Problem(
        network, x, torch.from_numpy(draw.integers(0, 3, 40)), PER_SAMPLE["cross_entropy"]
    )


def spectrum(found: Problem, vectors: np.ndarray) -> xr.Dataset:
    about = {"method": "dense", "rank": len(vectors), "rank_tolerance": 1e-12, "not_computed": 0,
             "null_space_dimension": found.parameters - len(vectors), "complete": True,
             "certificate": 0.0, "trace_by_samples": 1.0}  # fmt: skip
    return xr.Dataset(
        {"eigenvectors": (("eigen", "parameter"), vectors),
         "eigenvalues": ("eigen", np.arange(len(vectors), 0, -1.0))},
        coords={"eigen": np.arange(1, len(vectors) + 1)}, attrs=about,
    )  # fmt: skip


def gradient(found: Problem, point: torch.Tensor) -> np.ndarray:
    """The unit gradient at the predicted label, by plain backward."""
    logits = found.network(point[None])
    loss = nn.functional.cross_entropy(logits, logits.argmax(1))
    parts = torch.autograd.grad(loss, list(found.network.parameters()))
    vector = torch.cat([part.flatten() for part in parts]).numpy()
    return vector / np.linalg.norm(vector)


def test_directions_that_are_the_gradients_at_the_boundary_win() -> None:
    """Eigenvectors in name only: principal directions of gradients at the boundary itself."""
    found = problem()
    grid = align_grid(found, WINDOW, 40, spectrum(found, np.eye(found.parameters)[:1]), 1)
    change = grid["prediction"].values[:, 1:] != grid["prediction"].values[:, :-1]
    rows, columns = np.nonzero(change)
    points = np.stack([grid["x"].values[columns], grid["y"].values[rows]], axis=1)
    gradients = np.stack([gradient(found, torch.from_numpy(point)) for point in points])
    best = np.linalg.svd(gradients, full_matrices=False)[2][:5]
    values = contrast_with_nulls(found, align_grid(found, WINDOW, 40, spectrum(found, best), 5))
    draw = np.random.default_rng(1).standard_normal((5, found.parameters))
    draw /= np.linalg.norm(draw, axis=1, keepdims=True)
    worst = contrast_with_nulls(found, align_grid(found, WINDOW, 40, spectrum(found, draw), 5))
    assert values["contrast"] > worst["contrast"]
    for each in (values, worst):
        difference = each["alignment_at_boundary"] - each["alignment_elsewhere"]
        assert each["contrast"] == pytest.approx(difference)
    assert values["alignment_at_boundary"] > values["outside_at_boundary"]
    # the nulls do not depend on the eigenvectors
    same = [name for name in values if name.startswith(("gradients", "outside"))]
    assert {n: values[n] for n in same} == pytest.approx({n: worst[n] for n in same})
    assert values["gradients_contrast"] <= values["gradients_contrast_high"]


def test_a_null_is_summarised_draw_by_draw() -> None:
    draw = np.random.default_rng(0)
    near, far = draw.random((7, 40)), draw.random((9, 40))
    found = nulls._summary("x", near, far)
    contrasts = [near[:, d].mean() - far[:, d].mean() for d in range(40)]
    strong = [np.mean(near[:, d] > 0.5) for d in range(40)]
    assert found["x_contrast"] == pytest.approx(np.mean(contrasts))
    assert found["x_contrast_high"] == pytest.approx(np.percentile(contrasts, 95))
    assert found["x_strong_at_boundary_high"] == pytest.approx(np.percentile(strong, 95))
    assert found["x_elsewhere"] == pytest.approx(far.mean())
    assert not [name for name in nulls._summary("x", near[:, :1], far[:, :1]) if "high" in name]


def test_the_null_of_gradients_is_the_mean_over_draws_of_five() -> None:
    """By plain backward at every grid point, with draws of the test's own."""
    found = problem()
    grid = align_grid(found, WINDOW, 14, spectrum(found, np.eye(found.parameters)[:5]), 5)
    values = contrast_with_nulls(found, grid)
    prediction = grid["prediction"].values
    near = np.zeros_like(prediction, dtype=bool)
    near[:, 1:] |= prediction[:, 1:] != prediction[:, :-1]
    near[:, :-1] |= prediction[:, 1:] != prediction[:, :-1]
    near[1:] |= prediction[1:] != prediction[:-1]
    near[:-1] |= prediction[1:] != prediction[:-1]
    points = torch.tensor(np.stack(np.meshgrid(grid["x"], grid["y"]), axis=-1))[near]
    at_points = np.stack([gradient(found, point) for point in points])
    training = np.stack([gradient(found, point) for point in found.x])
    draw = np.random.default_rng(5)
    means = [
        np.abs(at_points @ training[draw.choice(40, 5, replace=False)].T).max(axis=1).mean()
        for _ in range(2000)
    ]
    assert values["gradients_at_boundary"] == pytest.approx(np.mean(means), abs=0.01)
    high = np.percentile(means, 95)
    assert values["gradients_at_boundary_high"] == pytest.approx(high, abs=0.02)


def test_without_a_boundary_there_is_nothing_to_compare() -> None:
    found = problem()
    with torch.no_grad():
        found.network[2].bias += torch.tensor([100.0, 0, 0])
    grid = align_grid(found, WINDOW, 8, spectrum(found, np.eye(found.parameters)[:5]), 5)
    assert contrast_with_nulls(found, grid) == {}
