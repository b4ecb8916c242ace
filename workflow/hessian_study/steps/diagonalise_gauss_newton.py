"""Diagonalise the Gauss-Newton part of a view's Hessian, and align the samples with all of it."""

from dataclasses import replace

from hessian_boundary.alignment.gauss_newton import gauss_newton_artifacts
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem


def main(job: Job) -> None:
    """Write the spectrum and the alignment_samples artifacts, in float64.

    One step, as the second needs what the first does without: coordinates of all eigenvectors.
    """
    view = parse_view(job.wildcards["view"])
    options = CurvatureOptions.of_settings(job.settings)
    problem = load_problem(job, replace(view, sample_class=None))
    if open_artifact(job.input["model"], "model").attrs["status"] == "diverged":
        spectrum = empty_spectrum(problem.parameters, options.rank_tolerance)
        samples = align_samples(problem, spectrum)
    else:
        members = None
        if view.sample_class is not None:
            problem.of_class(view.sample_class)  # refused where it has no samples
            members = problem.y == view.sample_class
        spectrum, samples = gauss_newton_artifacts(
            problem, options.top, members=members, memory_limit=options.memory_limit
        )
    save_artifact(spectrum, job.output["spectrum"], "spectrum", job.provenance)
    save_artifact(samples, job.output["alignment_samples"], "alignment_samples", job.provenance)
