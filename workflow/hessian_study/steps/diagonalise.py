"""Diagonalise the Hessian of the training loss of one model, or what its view says."""

import json

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_covariance_spectrum, compute_spectrum
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem


def main(job: Job) -> None:
    """Write the spectrum artifact, in float64 and with the true labels."""
    view = parse_view(job.wildcards["view"])
    model = open_artifact(job.input["model"], "model")
    options = CurvatureOptions.of_settings(job.settings)
    if model.attrs["status"] == "diverged":
        empty = empty_spectrum(model.sizes["parameter"], options.rank_tolerance)
        job.save(empty, "spectrum")
        return
    problem = load_problem(job, view)
    if view.covariance:
        job.save(compute_covariance_spectrum(problem, options), "spectrum")
        return
    checkpoint = LanczosCheckpoint(
        job.output["spectrum"], json.dumps(job.provenance, sort_keys=True)
    )
    job.save(compute_spectrum(problem, options, checkpoint), "spectrum")
    checkpoint.remove()
