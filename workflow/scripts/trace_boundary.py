"""Compute the exact decision boundary of a model, and how far each training sample is from it."""

import torch

from pipeline.alignment import grid_window
from pipeline.artifacts import open_artifact
from pipeline.dataset import samples_of
from pipeline.decision_boundary import distance_to_boundary, exact_boundary
from pipeline.models import trained_module
from workflow.job import Job


def main(job: Job) -> None:
    """Write the decision_boundary artifact, in float64."""
    dataset = open_artifact(job.input["dataset"], "dataset")
    module = trained_module(
        open_artifact(job.input["model"], "model"), torch.float64, torch.device("cpu")
    )
    window = grid_window(dataset["x"].values, job.settings["grid_margin"])
    boundary = exact_boundary(module, window)
    x, _ = samples_of(dataset, "train")
    distances = distance_to_boundary(x.double().numpy(), boundary)
    job.save(boundary.merge(distances, join="exact"), "decision_boundary")
