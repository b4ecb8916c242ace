"""Compute the exact decision boundary of a model, and how far each training sample is from it."""

import sys

import torch

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary, untraced_boundary
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.networks.parameters import trained_module
from hessian_boundary.networks.structure import why_not_traceable
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job


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
