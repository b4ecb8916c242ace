"""Write what is measured of one model of two-dimensional inputs: its decision boundary."""

import pandas as pd

from pipeline.artifacts import open_artifact, save_table
from pipeline.plane_measures import plane_measures
from workflow.job import Job


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    grid = open_artifact(job.input["alignment_grid"], "alignment_grid")
    samples = open_artifact(job.input["alignment_samples"], "alignment_samples")
    boundary = open_artifact(job.input["decision_boundary"], "decision_boundary")
    status = open_artifact(job.input["model"], "model").attrs["status"]
    values = {} if status == "diverged" else plane_measures(grid, samples, boundary)
    about = {name: job.wildcards[name] for name in ("dataset", "training", "seed")}
    rows = [
        {**about, "status": status, "measure": name, "value": value}
        for name, value in values.items()
    ]
    columns = [*about, "status", "measure", "value"]
    save_table(pd.DataFrame(rows, columns=columns), job.output["plane_measures"])
