"""Write what is measured of a trained model itself: norms, accuracies, errors."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.measures.model import training_measures
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import measure_table
from hessian_study.jobs.training_measures import errors_of_test_samples


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; the step `measure` has the same ones."""
    model = open_artifact(job.input["model"], "model")
    values = training_measures(model.attrs) | errors_of_test_samples(job, model)
    save_table(measure_table(job.wildcards, model.attrs, values), job.output["measures"])
