"""All measures of one model of a sweep, and its test error."""

import sys
from collections.abc import Callable, Sequence

import torch
import xarray as xr

from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary
from hessian_boundary.boundary.visible_pieces import visible_pieces
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos import NotConvergedError
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.data.input_window import Window
from hessian_boundary.generalisation.data_draws import DataDraw
from hessian_boundary.generalisation.logit_measures import (
    TENTH,
    mean_loss,
    output_margin,
    relative_flatness,
)
from hessian_boundary.measures.gauss_newton import gauss_newton_measures
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import spectral_measures
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_boundary.measures.test_error import error_on_samples
from hessian_boundary.networks.evaluation import hits
from hessian_boundary.networks.problem import Problem, loss_by_name
from hessian_boundary.networks.stored import trained_module

CPU = torch.device("cpu")
# what the project says of a network whose curvature it cannot vouch for
REFUSALS = (ValueError, MemoryLimitError, NotConvergedError, torch.linalg.LinAlgError)
TOP = 25  # PAPER: eigenvectors in Figure 2
OF_SPECTRUM = ("g_theta_max", "g_theta_mean", "trace", "lambda_max")
OF_OUTLIERS = ("outliers_gap", "outliers_edge")
OF_GAUSS_NEWTON = tuple(
    f"gauss_newton_g_theta_{statistic}{end}"
    for end in ("", "_equal_confidence")
    for statistic in ("max", "mean")
)
OF_BOUNDARY = ("length", "pieces", "visible_pieces", "input_margin", "input_margin_tenth")
OF_LOGITS = ("train_loss", "train_error", "output_margin", "relative_flatness", "norm_l2")
MEASURES = (
    *(*OF_SPECTRUM, *OF_GAUSS_NEWTON, "participation", *OF_OUTLIERS, *OF_LOGITS, *OF_BOUNDARY),
)
ERRORS = ("test_error", "test_error_standard_error", "test_samples")


def measure_planned(
    model: xr.Dataset,
    training_set: xr.Dataset,
    draw: DataDraw,
    window: Window | None,
    curvature: CurvatureOptions,
) -> tuple[dict[str, float], str]:
    """Return every one of `MEASURES` and `ERRORS` of a model artifact, and what was refused.

    Labels are those that were trained on, wrong ones included. `window` is the part of the plane in
    which the exact boundary is looked at, the same for all models that are compared, or None where
    inputs are not planar. Everything is NaN for a model that diverged, and what is refused is: one
    model whose curvature no certificate confirms shall not end the others.
    """
    values = dict.fromkeys((*MEASURES, *ERRORS), float("nan"))
    if model.attrs["status"] == "diverged":
        return values, ""
    x, y = samples_of(training_set, "train")
    module = trained_module(model, torch.float64, CPU)
    problem = Problem(module, x.double(), y, loss_by_name("cross_entropy"))
    values |= {
        "train_loss": mean_loss(module, problem.x, y),
        "train_error": (len(y) - hits(module, problem.x, y)) / len(y),  # 1 − 0.98 is above 2 %
        "output_margin": output_margin(module, problem.x, y),
        "relative_flatness": relative_flatness(module, problem.x),
        "norm_l2": float(model.attrs["norm_l2"]),
    }
    parts: list[Callable[[], dict[str, float]]] = [
        lambda: _of_spectrum(problem, curvature),
        lambda: _kept(gauss_newton_measures(problem), OF_GAUSS_NEWTON),
    ]
    if window is not None:
        parts.append(lambda: _of_boundary(problem, window))
    found, refused = what_is_confirmed(parts)
    # in float32, as it was trained
    errors = error_on_samples(trained_module(model, torch.float32, CPU), draw.test)
    return values | found | _kept(errors, ERRORS), refused


def what_is_confirmed(
    parts: Sequence[Callable[[], dict[str, float]]],
) -> tuple[dict[str, float], str]:
    """Return the values of all parts that raise none of the project's refusals, and those."""
    values: dict[str, float] = {}
    refused = []
    for part in parts:
        try:
            values |= part()
        except REFUSALS as error:
            refused.append(f"{type(error).__name__}: {error}")
            print(f"refused, and left out: {refused[-1]}", file=sys.stderr, flush=True)
    return values, "; ".join(refused)


def _kept(values: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    return {name: values[name] for name in names if name in values}


def _of_spectrum(problem: Problem, curvature: CurvatureOptions) -> dict[str, float]:
    samples = align_samples(problem, compute_spectrum(problem, curvature))
    found = _kept(spectral_measures(samples), OF_SPECTRUM) | _kept(
        outliers_of(samples), OF_OUTLIERS
    )
    return found | {"participation": localisation(samples, TOP)["participation"]}


def _of_boundary(problem: Problem, window: Window) -> dict[str, float]:
    """Distances are infinite where the window has no boundary: the window's width stands for it."""
    boundary = exact_boundary(problem.network, window)
    distance = distance_to_boundary(problem.x.numpy(), boundary)["distance"].values
    widest = max(high - low for low, high in window)
    margins = torch.from_numpy(distance).clamp(max=widest)
    return {
        "length": float(boundary.attrs["length"]),
        "pieces": float(boundary.attrs["pieces"]),
        "visible_pieces": float(visible_pieces(boundary)),
        "input_margin": float(margins.min()),
        "input_margin_tenth": float(torch.quantile(margins, TENTH)),
    }
