"""Write every measure of one model or of a view of it, and G_θ as a curve over ε."""

from collections.abc import Iterator

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.data.dataset import class_names, samples_of
from hessian_boundary.data.drawing import can_draw, fresh_samples
from hessian_boundary.measures.g_theta import g_theta_curves
from hessian_boundary.measures.generalisation import error_on_samples
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import model_measures
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_boundary.networks.stored import trained_module
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU
from hessian_study.jobs.measure_table import ABOUT, measure_table

TOP = 25  # PAPER: eigenvectors in Figure 2, within which gradients are localised or not


def main(job: Job) -> None:
    """Write two tidy tables: one row per measure, and one row per statistic and ε.

    What is measured of the trained model itself, such as its norm, stands with the plain view only.
    """
    model = open_artifact(job.input["model"], "model")
    samples = open_artifact(job.input["alignment"], "alignment_samples").load()
    values = model_measures(samples, None if job.wildcards["view"] else model.attrs)
    if samples.sizes["eigen"]:
        values |= localisation(samples, TOP)
        values |= outliers_of(samples)
    if not job.wildcards["view"]:
        values |= _test_error(job, model)
    table = measure_table(job.wildcards, model.attrs, values)
    save_table(table, job.output["measures"])
    curves = g_theta_curves(samples)
    for name in reversed(ABOUT):
        curves.insert(0, name, job.wildcards[name])
    save_table(curves, job.output["curve"])


def _test_error(job: Job, model: xr.Dataset) -> dict[str, float]:
    """From fresh samples where they can be drawn, else from the test part of the split."""
    if model.attrs["status"] == "diverged":
        return {"test_error": float("nan")}
    dataset = open_artifact(job.input["dataset"], "dataset")
    # in float32, as it was trained; so few samples are faster on the CPU
    module = trained_module(model, torch.float32, CPU)
    generator, parameters = job.settings["generator"], job.settings["parameters"]
    if can_draw(generator):
        drawn = fresh_samples(generator, parameters, dataset["x"].values, class_names(dataset))
        return error_on_samples(module, _tensors(drawn))
    return error_on_samples(module, [samples_of(dataset, "test")])


def _tensors(parts: Iterator[tuple]) -> Iterator[tuple[Tensor, Tensor]]:
    for x, y in parts:
        yield torch.from_numpy(x), torch.from_numpy(y)
