"""Probe what G_θ of one trained network depends on besides its boundary."""

import torch

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.generalisation.data_draws import data_draw, training_set
from hessian_boundary.generalisation.knobs import DEFAULTS, PlannedModel
from hessian_boundary.generalisation.probes import probe_g_theta
from hessian_boundary.generalisation.training import CPU, train_planned
from hessian_boundary.networks.problem import Problem, loss_by_name
from hessian_boundary.networks.stored import trained_module
from hessian_study.jobs.job import Job

DRAW = 0
# one hidden layer, as wiggles need it, and more parameters than rows of F at training
NETWORK = {"width": 100, "depth": 1, "learning_rate": 0.1, "epochs": 1000}


def main(job: Job) -> None:
    """Write a tidy table: dataset, probe, setting, quantity, value.

    Raises ValueError for a training that diverged.
    """
    dataset = job.wildcards["dataset"]
    planned = PlannedModel(0, 0, 0, DEFAULTS | NETWORK)
    data = data_draw(
        open_artifact(job.input["dataset"], "dataset").load(),
        dataset,
        job.settings["generator"],
        job.settings["parameters"],
        draw=DRAW,
        largest=planned.knobs["training_size"],
    )
    samples = training_set(data, planned.knobs["training_size"], 0)
    model = train_planned(
        samples, planned, architecture="mlp", random_label_epochs=1, name=f"probes/{dataset}"
    )
    if model.attrs["status"] == "diverged":
        raise ValueError(
            f"expected a network to probe on {dataset}, found a training that diverged; lower "
            "`learning_rate` in workflow/hessian_study/steps/probe_g_theta.py"
        )
    x, y = samples_of(samples, "train")
    network = trained_module(model, torch.float64, CPU)
    problem = Problem(network, x.double(), y, loss_by_name("cross_entropy"))
    more, _ = data.test[0]
    table = probe_g_theta(problem, more.double())
    table.insert(0, "dataset", dataset)
    save_table(table, job.output["probes"])
