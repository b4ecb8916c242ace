"""Would other directions than the top eigenvectors mark the decision boundary as well?

That a gradient at the boundary aligns with one of five eigenvectors says something about the
eigenvectors only if five directions of another origin do worse. Two such nulls:

    gradients   the gradients of five training samples drawn at random, 200 times
    outside     the five principal directions of gradients far from the boundary

They are compared by the mean over grid points of a(x) = max_i |cos(g(x), d_i)|, at the boundary and
elsewhere, and by the difference of the two, the contrast: directions that align with every gradient
mark no boundary.
"""

from dataclasses import replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.alignment.unit_gradients import unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.measures.boundary_alignment import (
    STRONG,
    alignment_at_boundary,
    at_boundary,
    boundary_distance,
)
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.seeds import derive_seed

DIRECTIONS = 5  # PAPER: the top five of Figure 5
DRAWS = 200
POINTS = 250  # grid points of each kind whose gradients are written out
PERCENTILE = 95


def contrast_with_nulls(problem: Problem, grid: xr.Dataset) -> dict[str, float]:
    """Compare the top five eigenvectors with both nulls, on the grid of `alignment.grids`.

    Returns alignment_at_boundary, alignment_elsewhere, strong_at_boundary (as explained in
    `measures.boundary_alignment`), and contrast, the difference of the first two; the same of the
    nulls as gradients_at_boundary, gradients_elsewhere, gradients_strong_at_boundary,
    gradients_contrast (means over draws) and outside_at_boundary, outside_elsewhere,
    outside_strong_at_boundary, outside_contrast; and
    gradients_at_boundary_high, gradients_contrast_high and gradients_strong_at_boundary_high, the
    95th percentiles of the draws. Nothing where the grid has no boundary.

    Gradients far from the boundary are of the half of the other grid points that is farther from
    it; the five directions are found on some and judged on others.
    """
    found = alignment_at_boundary(grid, DIRECTIONS)
    if "alignment_at_boundary" not in found:
        return {}
    draw = np.random.default_rng(derive_seed("nulls"))
    near, far, outside = (_gradients(problem, points) for points in _points(grid, draw))
    training = _finite(unit_gradients(problem, MINIMUM_GRADIENT_NORM)[0])
    chosen = np.stack([_five(len(training), draw) for _ in range(DRAWS)])
    cosines = [(points @ training.T).abs().cpu().numpy() for points in (near, far)]
    largest = [values[:, chosen].max(axis=2) for values in cosines]  # (point, draw)
    principal = _principal_directions(outside)
    projected = [(p @ principal.T).abs().amax(1).cpu().numpy()[:, None] for p in (near, far)]
    own = ("alignment_at_boundary", "alignment_elsewhere", "strong_at_boundary")
    return {
        **{name: found[name] for name in own},
        "contrast": found["alignment_at_boundary"] - found["alignment_elsewhere"],
        **_summary("gradients", *largest),
        **_summary("outside", *projected),
    }


def _summary(name: str, near: np.ndarray, far: np.ndarray) -> dict[str, float]:
    """Return the means over draws (point, draw), and, of several, what 95 % stay below."""
    by_draw = {
        "at_boundary": near.mean(axis=0),
        "elsewhere": far.mean(axis=0),
        "strong_at_boundary": (near > STRONG).mean(axis=0),
        "contrast": near.mean(axis=0) - far.mean(axis=0),
    }
    means = {f"{name}_{what}": float(values.mean()) for what, values in by_draw.items()}
    if near.shape[1] == 1:
        return means
    return means | {
        f"{name}_{what}_high": float(np.percentile(by_draw[what], PERCENTILE))
        for what in ("at_boundary", "strong_at_boundary", "contrast")
    }


def _points(grid: xr.Dataset, draw: np.random.Generator) -> list[np.ndarray]:
    """Draw grid points at the boundary, elsewhere, and of the farther half of the latter."""
    mask = at_boundary(grid["prediction"]).ravel()
    distance = boundary_distance(grid["prediction"]).ravel()
    axes = [grid[axis].values for axis in reversed(grid["prediction"].dims)]  # x, y
    inputs = np.stack(np.meshgrid(*axes, indexing="xy"), axis=-1).reshape(-1, len(axes))
    elsewhere = draw.permutation(np.flatnonzero(~mask))
    judged, rest = elsewhere[:POINTS], elsewhere[POINTS:]
    far = rest[distance[rest] >= np.median(distance[elsewhere])]
    near = draw.permutation(np.flatnonzero(mask))
    return [inputs[chosen[:POINTS]] for chosen in (near, judged, far if len(far) else judged)]


def _gradients(problem: Problem, points: np.ndarray) -> Tensor:
    x = problem.tensor(points)
    there = replace(problem, x=x, y=x.new_zeros(len(x)).long())  # the labels are not looked at
    return _finite(unit_gradients(there, MINIMUM_GRADIENT_NORM)[0])


def _principal_directions(gradients: Tensor) -> Tensor:
    """Return the first right singular vectors (i, p) of gradients (n, p), n < p, by their Gram."""
    combinations = torch.linalg.eigh(gradients @ gradients.T).eigenvectors[:, -DIRECTIONS:]
    return torch.nn.functional.normalize(combinations.T @ gradients, dim=1)


def _finite(directions: Tensor) -> Tensor:
    return directions[directions.isfinite().all(1)]


def _five(samples: int, draw: np.random.Generator) -> np.ndarray:
    return draw.choice(samples, size=min(DIRECTIONS, samples), replace=False)
