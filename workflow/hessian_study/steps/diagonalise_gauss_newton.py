"""Diagonalise the Gauss-Newton part of a view's Hessian, and align the samples with all of it."""

from collections.abc import Iterator

from hessian_boundary.alignment.gauss_newton import gauss_newton_artifacts, serve_gauss_newton
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.curvature.gauss_newton.factor_rows import Triangle
from hessian_boundary.curvature.gauss_newton.pieces import piece_of
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_boundary.networks.problem import Problem
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import has_diverged, load_whole_problem


def main(job: Job) -> None:
    """Write the spectrum and the alignment_samples artifacts, in float64.

    One step, as the second needs what the first does without: coordinates of all eigenvectors.
    """
    view = parse_view(job.wildcards["view"])
    options = CurvatureOptions.of_settings(job.settings)
    problem = load_whole_problem(job)
    if has_diverged(job):
        spectrum = empty_spectrum(problem.parameters, options.rank_tolerance)
        samples = align_samples(problem, spectrum)
    else:
        members = None
        if view.sample_class is not None:
            problem.of_class(view.sample_class)  # refused where it has no samples
            members = problem.y == view.sample_class
        spectrum, samples = gauss_newton_artifacts(
            problem,
            options.top,
            members=members,
            memory_limit=options.memory_limit,
            pieces=_pieces(job, problem) if "pieces" in job.input else (),
        )
    save_artifact(spectrum, job.output["spectrum"], "spectrum", job.provenance)
    save_artifact(samples, job.output["alignment_samples"], "alignment_samples", job.provenance)


def _pieces(job: Job, problem: Problem) -> Iterator[Triangle]:
    """Read the pieces, one after the other: each is as large as what they become together."""
    for path in job.input["pieces"]:
        yield piece_of(open_artifact(path, "factor"), problem)


def serve(job: Job) -> None:
    """Do the part of a process that is not the first."""
    if not has_diverged(job):
        limit = CurvatureOptions.of_settings(job.settings).memory_limit
        serve_gauss_newton(load_whole_problem(job), memory_limit=limit)
