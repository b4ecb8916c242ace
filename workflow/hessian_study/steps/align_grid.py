"""Align the gradients of a grid of inputs with the top eigenvectors."""

from hessian_boundary.alignment.grids import align_grid
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.input_window import grid_window
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem


def main(job: Job) -> None:
    """Write the alignment_grid artifact, in float64."""
    view = parse_view(job.wildcards["view"])
    dataset = open_artifact(job.input["dataset"], "dataset")
    alignment = align_grid(
        load_problem(job, view),
        grid_window(dataset["x"].values, job.settings["grid_margin"]),
        job.settings["grid_resolution"],
        open_artifact(job.input["spectrum"], "spectrum"),
        job.settings["grid_eigenvectors"],
    )
    job.save(alignment, "alignment_grid")
