"""Align the gradients of a grid of inputs with top, bottom and random directions."""

import torch

from hessian_boundary.alignment.alignment import align_directions
from hessian_boundary.alignment.comparison_directions import comparison_directions
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_boundary.runtime.seeds import derive_seed
from hessian_study.jobs.job import Job

PER_KIND = 5  # PAPER: Appendix E, five directions of each kind


def main(job: Job) -> None:
    """Write the alignment_directions artifact, in float64."""
    model = open_artifact(job.input["model"], "model")
    dataset = open_artifact(job.input["dataset"], "dataset")
    spectrum = open_artifact(job.input["spectrum"], "spectrum")
    directions = comparison_directions(spectrum, PER_KIND, derive_seed("comparison directions"))
    alignment = align_directions(
        trained_module(model, torch.float64, resolve_device(job.device)),
        samples_of(dataset, "train")[0],
        grid_window(dataset["x"].values, job.settings["grid_margin"]),
        job.settings["grid_resolution"],
        directions,
        PER_SAMPLE[model.attrs["loss"]],
    )
    job.save(alignment, "alignment_directions")
