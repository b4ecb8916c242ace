"""Align the gradients of a grid of inputs with the top eigenvectors."""

import torch

from pipeline.alignment import align_grid
from pipeline.artifacts import open_artifact
from pipeline.device import resolve_device
from pipeline.losses import PER_SAMPLE
from pipeline.models import trained_module
from pipeline.window import grid_window
from workflow.job import Job
from workflow.views import parse_view


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
