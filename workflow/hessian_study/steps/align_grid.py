"""Align the gradients of a grid of inputs with the top eigenvectors."""

import torch

from hessian_boundary.alignment.alignment import align_grid
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the alignment_grid artifact, in float64."""
    view = parse_view(job.wildcards["view"])
    model = open_artifact(job.input["model"], "model")
    dataset = open_artifact(job.input["dataset"], "dataset")
    alignment = align_grid(
        trained_module(model, torch.float64, resolve_device(job.device), view.epoch),
        grid_window(dataset["x"].values, job.settings["grid_margin"]),
        job.settings["grid_resolution"],
        open_artifact(job.input["spectrum"], "spectrum"),
        PER_SAMPLE[model.attrs["loss"]],
        job.settings["grid_eigenvectors"],
    )
    job.save(alignment, "alignment_grid")
