"""Compare G_θ of one model in float32, in float64 and to high relative precision."""

import torch

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.losses import PER_SAMPLE
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.precision.study import study_precision
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write two tidy tables: one row per method and quantity, and G_θ as a function of ε.

    Raises ValueError for a model that diverged.
    """
    model = open_artifact(job.input["model"], "model")
    if model.attrs["status"] == "diverged":
        raise ValueError(
            "expected a model with finite parameters, found one that diverged; take it out of "
            "`precision` in config.yaml, or study another seed"
        )
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    tables = study_precision(
        trained_module(model, torch.float64, torch.device("cpu")),
        x.double(),
        y,
        PER_SAMPLE[model.attrs["loss"]],
        rank_tolerance=job.settings["rank_tolerance"],
    )
    for table, output in zip(tables, ("precision", "curves"), strict=True):
        for name in ("seed", "training", "dataset"):
            table.insert(0, name, job.wildcards[name])
        save_table(table, job.output[output])
