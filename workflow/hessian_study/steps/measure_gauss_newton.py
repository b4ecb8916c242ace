"""Write G_θ of one model where every gradient is resolved: in the Gauss-Newton part of H."""

import torch

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.measures.gauss_newton import gauss_newton_measures
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import measure_table


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
