"""Write every measure of one model, and G_θ as a curve over ε."""

import pandas as pd

from pipeline.artifacts import open_artifact, save_table
from pipeline.measures import g_theta_curves, measures
from workflow.job import Job


def main(job: Job) -> None:
    """Write two tidy tables: one row per measure, and one row per statistic and ε."""
    model = open_artifact(job.input["model"], "model")
    samples = open_artifact(job.input["alignment"], "alignment_samples").load()
    values = measures(samples, model.attrs)
    about = {name: job.wildcards[name] for name in ("dataset", "training", "seed")}
    status = {**about, "status": model.attrs["status"]}
    rows = [{**status, "measure": name, "value": value} for name, value in values.items()]
    save_table(pd.DataFrame(rows), job.output["measures"])
    curves = g_theta_curves(samples)
    for name, value in reversed(about.items()):
        curves.insert(0, name, value)
    save_table(curves, job.output["curve"])
