"""Write what is measured of one model of two-dimensional inputs: its decision boundary."""

from pipeline.artifacts import open_artifact, save_table
from pipeline.plane_measures import plane_measures
from workflow.job import Job
from workflow.measure_table import measure_table


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    grid = open_artifact(job.input["alignment_grid"], "alignment_grid")
    samples = open_artifact(job.input["alignment_samples"], "alignment_samples")
    boundary = open_artifact(job.input["decision_boundary"], "decision_boundary")
    model = open_artifact(job.input["model"], "model").attrs
    values = {} if model["status"] == "diverged" else plane_measures(grid, samples, boundary)
    save_table(measure_table(job.wildcards, model, values), job.output["plane_measures"])
