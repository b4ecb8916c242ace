"""Compare the top eigenvectors of one model with directions of another origin."""

import pandas as pd

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.measures.boundary_alignment import fall_off
from hessian_boundary.measures.expansion import expansion
from hessian_boundary.measures.nulls import DIRECTIONS, contrast_with_nulls
from hessian_study.configuration.views import parse_view
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU, has_diverged, load_problem

COLUMNS = ("experiment", "quantity", "seed", "value")


def main(job: Job) -> None:
    """Write (experiment, quantity, seed, value); no rows for a training that diverged."""
    values: dict[str, float] = {}
    if not has_diverged(job):
        view = parse_view(job.wildcards["view"])
        problem = load_problem(job, view, CPU)
        grid = open_artifact(job.input["alignment_grid"], "alignment_grid")
        samples = open_artifact(job.input["alignment_samples"], "alignment_samples")
        values = contrast_with_nulls(problem, grid) | fall_off(grid, DIRECTIONS)
        if view.matrix == "hessian":  # the equation is of its eigenpairs alone
            values |= expansion(problem, samples)
    names = (job.wildcards[name] for name in ("dataset", "training", "view"))
    experiment = "/".join(names).rstrip("/")
    rows = [(experiment, name, job.wildcards["seed"], value) for name, value in values.items()]
    save_table(pd.DataFrame(rows, columns=list(COLUMNS)), job.output["contrast"])
