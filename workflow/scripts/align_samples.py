"""Align the gradients of the training samples with every resolved eigenvector."""

import torch

from pipeline.alignment import align_samples
from pipeline.artifacts import open_artifact
from pipeline.dataset import samples_of
from pipeline.device import resolve_device
from pipeline.losses import PER_SAMPLE
from pipeline.models import trained_module
from workflow.job import Job
from workflow.views import parse_view


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
