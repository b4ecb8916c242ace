"""Align the gradients of a grid of inputs with top, bottom and random directions."""

from hessian_boundary.alignment.comparison_directions import comparison_directions
from hessian_boundary.alignment.grids import align_directions
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.runtime.seeds import derive_seed
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem

PER_KIND = 5  # PAPER: Appendix E, five directions of each kind
# DEVIATION: twice the paper's points per axis. Alignments of 0.01 break where a unit switches on;
# the breaks are steps of a point's size when such a map is drawn on its own scale (Figure 8).
FINER = 2


def main(job: Job) -> None:
    """Write the alignment_directions artifact, in float64."""
    dataset = open_artifact(job.input["dataset"], "dataset")
    spectrum = open_artifact(job.input["spectrum"], "spectrum")
    directions = comparison_directions(spectrum, PER_KIND, derive_seed("comparison directions"))
    window = grid_window(dataset["x"].values, job.settings["grid_margin"])
    resolution = FINER * job.settings["grid_resolution"]
    alignment = align_directions(load_problem(job), window, resolution, directions)
    job.save(alignment, "alignment_directions")
