"""Estimate the margin of one model from its top eigenvector."""

import torch

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.boundary.margin import boundary_sample, estimate_margin, unknown_margin
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_boundary.runtime.seeds import derive_seed
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the margin artifact, in float64; without numbers for a training that diverged."""
    model = open_artifact(job.input["model"], "model")
    x, _ = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    if model.attrs["status"] == "diverged":
        job.save(unknown_margin(x.shape[1]), "margin")
        return
    top = open_artifact(job.input["spectrum"], "spectrum")["eigenvectors"].isel(eigen=0)
    samples = open_artifact(job.input["alignment"], "alignment_samples")
    device = resolve_device(job.device)
    x_boundary, squared_cosine = boundary_sample(
        trained_module(model, torch.float64, device),
        torch.from_numpy(top.values).to(device),
        PER_SAMPLE[model.attrs["loss"]],
        tuple(x.shape[1:]),
        derive_seed("margin", *job.wildcards.values()),
    )
    first = samples["alignment"].isel(eigen=0).values
    margin = estimate_margin(x_boundary.cpu().numpy(), squared_cosine, x.numpy(), first)
    job.save(margin, "margin")
