"""Write what is measured of one model of two-dimensional inputs: its decision boundary."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.measures.plane import plane_measures
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import measure_table


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    grid = open_artifact(job.input["alignment_grid"], "alignment_grid")
    samples = open_artifact(job.input["alignment_samples"], "alignment_samples")
    boundary = open_artifact(job.input["decision_boundary"], "decision_boundary")
    model = open_artifact(job.input["model"], "model").attrs
    values = {} if model["status"] == "diverged" else plane_measures(grid, samples, boundary)
    save_table(measure_table(job.wildcards, model, values), job.output["plane_measures"])
