"""Compute the exact decision boundary of a model, and how far each training sample is from it."""

import sys

import torch

from pipeline.artifacts import open_artifact
from pipeline.dataset import samples_of
from pipeline.decision_boundary import distance_to_boundary, exact_boundary, untraced_boundary
from pipeline.linear_regions import why_not_traceable
from pipeline.models import trained_module
from pipeline.window import grid_window
from workflow.job import Job
from workflow.views import parse_view


def main(job: Job) -> None:
    """Write the decision_boundary artifact, in float64; without pieces where there is no exact one.

    Of the views only those of an epoch make a difference.
    """
    dataset = open_artifact(job.input["dataset"], "dataset")
    module = trained_module(
        open_artifact(job.input["model"], "model"),
        torch.float64,
        torch.device("cpu"),
        parse_view(job.wildcards["view"]).epoch,
    )
    window = grid_window(dataset["x"].values, job.settings["grid_margin"])
    if reason := why_not_traceable(module):
        print(f"no exact boundary: {reason}", file=sys.stderr)
        boundary = untraced_boundary(window, reason)
    else:
        boundary = exact_boundary(module, window)
    x, _ = samples_of(dataset, "train")
    distances = distance_to_boundary(x.double().numpy(), boundary)
    job.save(boundary.merge(distances, join="exact"), "decision_boundary")
