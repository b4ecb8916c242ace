"""Write G_θ of one model where every gradient is resolved: in the Gauss-Newton part of H."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.measures.gauss_newton import (
    gauss_newton_measures,
    serve_gauss_newton_measures,
)
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU, has_diverged, load_problem
from hessian_study.jobs.measure_table import measure_table


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    model = open_artifact(job.input["model"], "model")
    values = {}
    if not has_diverged(job):
        values = gauss_newton_measures(load_problem(job, device=CPU), memory_limit=_limit(job))
    table = measure_table(job.wildcards, model.attrs, values)
    save_table(table, job.output["measures"])


def serve(job: Job) -> None:
    """Do the part of a process that is not the first."""
    if not has_diverged(job):
        serve_gauss_newton_measures(load_problem(job, device=CPU), memory_limit=_limit(job))


def _limit(job: Job) -> float:
    return CurvatureOptions.of_settings(job.settings).memory_limit
