"""Align the gradients of the training samples with every resolved eigenvector."""

import torch

from hessian_boundary.alignment.alignment import align_samples
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the alignment_samples artifact, in float64."""
    view = parse_view(job.wildcards["view"])
    model = open_artifact(job.input["model"], "model")
    device = resolve_device(job.device)
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    alignment = align_samples(
        trained_module(model, torch.float64, device, view.epoch),
        x.to(device, torch.float64),
        y,
        open_artifact(job.input["spectrum"], "spectrum"),
        PER_SAMPLE[model.attrs["loss"]],
    )
    job.save(alignment, "alignment_samples")
