"""Write every measure of one model or of a view of it, and G_θ as a curve over ε."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.measures.g_theta import g_theta_curves
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import model_measures
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import ABOUT, measure_table
from hessian_study.jobs.training_measures import errors_of_test_samples

TOP = 25  # PAPER: eigenvectors in Figure 2, within which gradients are localised or not


def main(job: Job) -> None:
    """Write two tidy tables: one row per measure, and one row per statistic and ε.

    What is measured of the trained model itself, such as its norm, stands with the plain view only.
    """
    model = open_artifact(job.input["model"], "model")
    samples = open_artifact(job.input["alignment"], "alignment_samples").load()
    values = model_measures(samples, None if job.wildcards["view"] else model.attrs)
    if samples.sizes["eigen"]:
        values |= localisation(samples, TOP)
        values |= outliers_of(samples)
    if not job.wildcards["view"]:
        values |= errors_of_test_samples(job, model)
    table = measure_table(job.wildcards, model.attrs, values)
    save_table(table, job.output["measures"])
    curves = g_theta_curves(samples)
    for name in reversed(ABOUT):
        curves.insert(0, name, job.wildcards[name])
    save_table(curves, job.output["curve"])
