"""Compute the exact decision boundary of a model, and how far each training sample is from it."""

import sys

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary, untraced_boundary
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.networks.structure import why_not_traceable
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU, load_problem


def main(job: Job) -> None:
    """Write the decision_boundary artifact, in float64; without pieces where there is no exact one.

    Of the views only those of an epoch make a difference.
    """
    dataset = open_artifact(job.input["dataset"], "dataset")
    problem = load_problem(job, parse_view(job.wildcards["view"]), CPU)
    window = grid_window(dataset["x"].values, job.settings["grid_margin"])
    if reason := why_not_traceable(problem.network):
        print(f"no exact boundary: {reason}", file=sys.stderr)
        boundary = untraced_boundary(window, reason)
    else:
        boundary = exact_boundary(problem.network, window)
    distances = distance_to_boundary(problem.x.numpy(), boundary)
    job.save(boundary.merge(distances, join="exact"), "decision_boundary")
