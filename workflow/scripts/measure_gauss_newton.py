"""Write G_θ of one model where every gradient is resolved: in the Gauss-Newton part of H."""

import torch

from pipeline.artifacts import open_artifact, save_table
from pipeline.dataset import samples_of
from pipeline.gauss_newton_measures import gauss_newton_measures
from pipeline.losses import PER_SAMPLE
from pipeline.models import trained_module
from workflow.job import Job
from workflow.measure_table import measure_table


def main(job: Job) -> None:
    """Write a tidy table with one row per measure; none for a training that diverged."""
    model = open_artifact(job.input["model"], "model")
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    values = {}
    if model.attrs["status"] != "diverged":
        module = trained_module(model, torch.float64, torch.device("cpu"))
        loss = PER_SAMPLE[model.attrs["loss"]]
        values = gauss_newton_measures(module, x.double(), y, loss)
    table = measure_table(job.wildcards, model.attrs, values)
    save_table(table, job.output["measures"])
