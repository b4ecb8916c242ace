"""Compare G_θ of one model in float32, in float64 and to high relative precision."""

import torch

from pipeline.artifacts import open_artifact, save_table
from pipeline.dataset import samples_of
from pipeline.losses import PER_SAMPLE, cross_entropy_per_sample
from pipeline.models import trained_module
from pipeline.precision import study_precision
from workflow.job import Job


def main(job: Job) -> None:
    """Write two tidy tables: one row per method and quantity, and G_θ as a function of ε.

    Raises ValueError for models that have no finite parameters or another loss.
    """
    model = open_artifact(job.input["model"], "model")
    status, loss = model.attrs["status"], model.attrs["loss"]
    if status == "diverged" or PER_SAMPLE[loss] is not cross_entropy_per_sample:
        raise ValueError(
            "expected a model with finite parameters that was trained with the cross-entropy, "
            f"found status {status!r} and loss {loss!r}; study the precision of another one"
        )
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    tables = study_precision(
        trained_module(model, torch.float64, torch.device("cpu")),
        x.double(),
        y,
        rank_tolerance=job.settings["rank_tolerance"],
    )
    for table, output in zip(tables, ("precision", "curves"), strict=True):
        for name in ("seed", "training", "dataset"):
            table.insert(0, name, job.wildcards[name])
        save_table(table, job.output[output])
