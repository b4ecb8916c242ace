"""What is measured of a trained model itself, without the spectrum of any matrix."""

from collections.abc import Iterator

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.dataset import class_names, samples_of
from hessian_boundary.data.fresh_samples import can_draw, fresh_samples
from hessian_boundary.measures.test_error import error_on_samples
from hessian_boundary.networks.stored import trained_module
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU


def errors_of_test_samples(job: Job, model: xr.Dataset) -> dict[str, float]:
    """Return the test error and its companions (`measures.test_error`).

    From fresh samples where they can be drawn, else from the test part of the split. `model` is the
    artifact; the job's settings say how the data set's samples are drawn.
    """
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
