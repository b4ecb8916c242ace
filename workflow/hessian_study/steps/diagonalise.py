"""Diagonalise the Hessian of the training loss of one model, or what its view says."""

import json

import torch

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_covariance_spectrum, compute_spectrum
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.runtime.device import resolve_device
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the spectrum artifact, in float64 and with the true labels."""
    view = parse_view(job.wildcards["view"])
    model = open_artifact(job.input["model"], "model")
    if model.attrs["status"] == "diverged":
        job.save(empty_spectrum(model.sizes["parameter"], job.settings), "spectrum")
        return
    device = resolve_device(job.device)
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    if view.sample_class is not None:
        x, y = x[y == view.sample_class], y[y == view.sample_class]
    problem = (
        trained_module(model, torch.float64, device, view.epoch),
        x.to(device, torch.float64),
        y.to(device),
        PER_SAMPLE[model.attrs["loss"]],
        job.settings,
    )
    if view.covariance:
        job.save(compute_covariance_spectrum(*problem), "spectrum")
        return
    unfinished = LanczosCheckpoint(
        job.output["spectrum"], json.dumps(job.provenance, sort_keys=True)
    )
    job.save(compute_spectrum(*problem, unfinished), "spectrum")
    unfinished.remove()
