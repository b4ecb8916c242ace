"""Write G_θ of one model in the authors' arithmetic: everything in float32."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.precision.single import single_precision_measures
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU, load_problem
from hessian_study.jobs.measure_table import measure_table


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    model = open_artifact(job.input["model"], "model")
    values = {}
    if model.attrs["status"] != "diverged":
        values = single_precision_measures(load_problem(job, device=CPU))
    save_table(measure_table(job.wildcards, model.attrs, values), job.output["measures"])
