"""The whole chain for one network: spectrum, alignment of the samples' gradients, measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import xarray as xr
from torch import nn

from hessian_boundary.alignment.gauss_newton import gauss_newton_artifacts, serve_gauss_newton
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.store import save_artifact, save_table
from hessian_boundary.certificates.network import check_finite
from hessian_boundary.curvature.covariance import compute_covariance_spectrum
from hessian_boundary.curvature.options import CurvatureOptions, asked_options
from hessian_boundary.curvature.spectrum import compute_spectrum, serve_spectrum
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.measures.model import spectral_measures
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.device import resolve_device
from hessian_boundary.runtime.processes import LEADER, process_number


@dataclass(frozen=True)
class Analysis:
    """What `analyse` found; the alignment with eigenvectors is taken when it is first asked for.

    problem: the network, in eval mode and float64, with its samples. spectrum: eigenvalues(eigen),
    eigenvectors(eigen, parameter), residuals(eigen). alignment: alignment(eigen, sample) and what
    belongs to it. measures: name -> value; G_θ is "g_theta_max" and "g_theta_mean".
    """

    problem: Problem
    spectrum: xr.Dataset
    made_by: Mapping[str, Any] = field(default_factory=dict)
    with_all: xr.Dataset | None = None  # alignment with more eigenvectors than `spectrum` holds

    @cached_property
    def alignment(self) -> xr.Dataset:
        """Alignment A_i(x_s) of each sample's gradient with each eigenvector (Eq. 2)."""
        if self.with_all is not None:
            return self.with_all
        return align_samples(self.problem, self.spectrum)

    @cached_property
    def measures(self) -> dict[str, float]:
        """G_θ and its companions; NaN for what a partial spectrum does not tell.

        What it bounds from below or above has a name that ends in "_at_least" or "_at_most".
        """
        values = spectral_measures(self.alignment)
        if self.alignment.sizes["eigen"]:
            values |= outliers_of(self.alignment)
        return values

    def align(self, points: Any) -> xr.Dataset:
        """Align the gradients at other inputs (n, feature…), with the labels predicted there.

        Returns the same variables as `alignment`; label(sample) is the predicted one.
        """
        inputs = Problem.prepared(
            self.problem.network,
            points,
            torch.zeros(len(points), dtype=torch.long),
            self.problem.loss,
            dtype=self.problem.dtype,
            device=self.problem.device,
        )
        found = align_samples(inputs, self.spectrum)
        return found.assign(label=found["prediction"])

    def save(self, folder: str | Path) -> None:
        """Write spectrum.zarr.zip, alignment_samples.zarr.zip and measures.csv into a folder."""
        folder = Path(folder)
        save_artifact(self.spectrum, folder / "spectrum.zarr.zip", "spectrum", self.made_by)
        alignment = folder / "alignment_samples.zarr.zip"
        save_artifact(self.alignment, alignment, "alignment_samples", self.made_by)
        table = pd.DataFrame(self.measures.items(), columns=["measure", "value"])
        save_table(table, folder / "measures.csv")


def analyse(
    network: nn.Module,
    x: Any,
    y: Any,
    loss: str | Loss = "cross_entropy",
    method: str = "auto",
    top: int | None = None,
    *,
    matrix: str = "hessian",
    parameters: str | None = None,
    device: str = "auto",
    **options: Any,
) -> Analysis | None:
    """Diagonalise the Hessian of a trained network's loss, and align its gradients with it.

    network gives logits (n, C) for x (n, feature…); y (n,) holds the labels 0 … C−1; arrays and
    tensors will do. The network is copied: the copy is put into eval mode and float64. `loss` is
    "cross_entropy", "negative_log_likelihood", "squared_error", or a function that gives one value
    per sample. `method` is "auto", "dense", "range" or "lanczos"; with `top` only so many of the
    largest eigenvalues are computed (by Lanczos), and of G_θ, which counts all, an interval is
    known. Further `options` are those of `CurvatureOptions`.

    `matrix` is "hessian", "covariance" (Σ of Eq. 7), or "gauss_newton": the part of H that every
    gradient lies in, for networks of any size. Of the last, all eigenvalues are aligned with, and
    `spectrum` holds the `top` (10) eigenvectors. `parameters` is the name of a module whose
    parameters alone the matrix and the gradients are taken over, or "last_layer".

    In several processes, as of `torchrun --nproc-per-node 2 script.py`, each on a GPU of its own
    where there are some, all of them call it with the same arguments. The first one returns the
    analysis; the others do their part of the products and return None.

    Raises ValueError for what cannot be treated, with what to change.

    Example:
        result = analyse(network, x, y)
        result.measures["g_theta_max"]
    """
    asked = asked_options(matrix, method, top, options)
    problem = Problem.prepared(network, x, y, loss, device=resolve_device(device))
    check_finite(problem)
    if parameters is not None:
        problem = problem.of_layer(parameters)
    if process_number() != LEADER:
        _serve(problem, matrix, asked)
        return None
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", repr(type(loss)))
    made_by = {"made_by": "hessian_boundary.analyse", "matrix": matrix, "loss": name}
    made_by |= {} if parameters is None else {"parameters": parameters}
    if matrix == "gauss_newton":
        found = gauss_newton_artifacts(
            problem, asked.top if top is None else top, memory_limit=asked.memory_limit
        )
        return Analysis(problem, found[0], made_by, found[1])
    compute = compute_spectrum if matrix == "hessian" else compute_covariance_spectrum
    return Analysis(problem, compute(problem, asked), made_by)


def _serve(problem: Problem, matrix: str, options: CurvatureOptions) -> None:
    """Do this process's part of what the first one does; of the covariance there is none."""
    if matrix == "hessian":
        serve_spectrum(problem, options)
    elif matrix == "gauss_newton":
        serve_gauss_newton(problem, memory_limit=options.memory_limit)
