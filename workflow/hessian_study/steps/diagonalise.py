"""Diagonalise the Hessian of the training loss of one model, or what its view says."""

import json
from collections.abc import Mapping
from typing import Any

from hessian_boundary.curvature.covariance import compute_covariance_spectrum
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_spectrum, serve_spectrum
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import has_diverged, load_problem

# of what the configuration says, what ends a Lanczos run and what is done after it
NOT_OF_THE_SPACE = ("eigenpairs", "residual_tolerance", "rank_tolerance", "density")


def main(job: Job) -> None:
    """Write the spectrum artifact, in float64 and with the true labels."""
    view = parse_view(job.wildcards["view"])
    options = CurvatureOptions.of_settings(job.settings)
    problem = load_problem(job, view)
    if has_diverged(job):
        job.save(empty_spectrum(problem.parameters, options.rank_tolerance), "spectrum")
        return
    if view.matrix == "covariance":
        job.save(compute_covariance_spectrum(problem, options), "spectrum")
        return
    pairs = (options.top, options.bottom)
    checkpoint = LanczosCheckpoint(job.output["spectrum"], krylov_key(job.provenance), pairs)
    job.save(compute_spectrum(problem, options, checkpoint), "spectrum")
    checkpoint.remove()


def serve(job: Job) -> None:
    """Do the part of a process that is not the first, where products with H are taken."""
    view = parse_view(job.wildcards["view"])
    if not has_diverged(job) and view.matrix == "hessian":
        serve_spectrum(load_problem(job, view), CurvatureOptions.of_settings(job.settings))


def krylov_key(provenance: Mapping[str, Any]) -> str:
    """Return all that the Krylov space of a run depends on, as text.

    A killed run is gone on from with a looser or tighter tolerance, or for fewer pairs.
    """
    spec = provenance["spec"]
    kept = {key: spec["settings"][key] for key in spec["settings"] if key not in NOT_OF_THE_SPACE}
    return json.dumps({**provenance, "spec": {**spec, "settings": kept}}, sort_keys=True)
