"""Estimate the margin of the decision boundary from the top eigenvector (Appendix I.3)."""

from collections.abc import Callable

import numpy as np
import torch
import xarray as xr
from torch import Tensor
from torch.func import grad, vjp

from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.progress import Progress
from hessian_boundary.runtime.recording import record

# PAPER: the authors' code
STEPS = 20_000
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.001
DECAY_AFTER = 5_000  # steps, after which the learning rate is a tenth


def boundary_sample(problem: Problem, eigenvector: Tensor, seed: int) -> tuple[Tensor, float]:
    """Find an input on the decision boundary: the one whose gradient aligns best with v_1 (p,).

    From a standard-normal start, 20,000 steps of gradient descent over the input x go down

        (1 − cos²(g_θ(x), v_1))² + ½ · 0.001 ‖x‖²,

    the second term being the authors' weight decay. Returns x_b (feature…) and its cos².
    """
    alignment = _squared_cosine(problem, eigenvector)
    generator = torch.Generator().manual_seed(seed)
    shape = problem.x.shape[1:]
    x = torch.randn(shape, generator=generator, dtype=torch.float64).to(eigenvector)
    slope = _recorded_slope(alignment, x)
    progress = Progress("margin: step", STEPS)
    for step in range(STEPS):
        rate = LEARNING_RATE * (0.1 if step >= DECAY_AFTER else 1)
        x = x - rate * (slope(x) + WEIGHT_DECAY * x)
        progress.update(step + 1)
    return x, float(alignment(x))


def _recorded_slope(alignment: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[Tensor], Tensor]:
    slope = grad(lambda point: (1 - alignment(point)) ** 2)
    recorded = record(lambda point: (slope(point),), x)
    return slope if recorded is None else lambda point: recorded(point)[0]


def estimate_margin(
    x_boundary: np.ndarray, squared_cosine: float, x: np.ndarray, alignment: np.ndarray
) -> xr.Dataset:
    """Estimate the margin as min(‖x_b − x_t^max‖, ‖x_b − x_t^min‖).

    `x_boundary` (feature,) and its `squared_cosine` are what `boundary_sample` found. `x` (sample,
    feature) are training inputs, `alignment` (sample,) their A_1; x_t^max and x_t^min are the ones
    with the largest and the smallest. Where no gradient has a direction, all but x_b is NaN.
    """
    if np.isnan(alignment).all():
        unknown = unknown_margin(x.shape[1])
        return unknown.assign(x_boundary=("feature", np.asarray(x_boundary, dtype=float)))
    corners = {"x_max": x[np.nanargmax(alignment)], "x_min": x[np.nanargmin(alignment)]}
    distances = [float(np.linalg.norm(x_boundary - corner)) for corner in corners.values()]
    variables = {"x_boundary": x_boundary, **corners}
    return xr.Dataset(
        {name: ("feature", np.asarray(value, dtype=float)) for name, value in variables.items()},
        attrs={"margin": min(distances), "squared_cosine": squared_cosine},
    )


def unknown_margin(features: int) -> xr.Dataset:
    """Return what `estimate_margin` returns, of a training that diverged: all NaN."""
    nowhere = np.full(features, np.nan)
    variables = dict.fromkeys(("x_boundary", "x_max", "x_min"), ("feature", nowhere))
    return xr.Dataset(variables, attrs=dict.fromkeys(("margin", "squared_cosine"), float("nan")))


def _squared_cosine(problem: Problem, eigenvector: Tensor) -> Callable[[Tensor], Tensor]:
    network = functional_logits(problem.network)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(problem.network))

    def squared_cosine(x: Tensor) -> Tensor:
        def logits(parameters: tuple[Tensor, ...]) -> Tensor:
            return network(parameters, x[None])

        values, pull_back = vjp(logits, theta)[:2]
        label = values.detach().argmax(1)
        cotangent = grad(lambda v: problem.loss(v, label).sum())(values)
        # the cosine does not depend on the gradient's length, which may be 1e-100
        unit = cotangent / cotangent.abs().max().detach()
        gradient = torch.cat([part.flatten() for part in pull_back(unit)[0]])
        return (gradient @ eigenvector) ** 2 / (gradient @ gradient)

    return squared_cosine
