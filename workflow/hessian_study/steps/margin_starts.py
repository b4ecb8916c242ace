"""Estimate the margin of one model from many starts, beside the exact one."""

from collections.abc import Iterator

import numpy as np

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.boundary.margin import boundary_sample, estimate_margin
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.generalisation.margins import Start, starts_table
from hessian_boundary.runtime.seeds import derive_seed
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import has_diverged, load_problem


def main(job: Job) -> None:
    """Write a row per start; none for a training that diverged, or without an exact boundary."""
    boundary = open_artifact(job.input["decision_boundary"], "decision_boundary")
    known = not (has_diverged(job) or boundary.attrs["untraced"])
    found = list(_starts(job)) if known else []
    table = starts_table(found, boundary)
    for name in ("seed", "training", "dataset"):
        table.insert(0, name, job.wildcards[name])
    save_table(table, job.output["starts"])


def _starts(job: Job) -> Iterator[Start]:
    x, _ = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    top = open_artifact(job.input["spectrum"], "spectrum")["eigenvectors"].isel(eigen=0)
    samples = open_artifact(job.input["alignment"], "alignment_samples")
    first = samples["alignment"].isel(eigen=0).values
    problem = load_problem(job)
    for start in range(job.settings["starts"]):
        seed = derive_seed("margin start", *job.wildcards.values(), start)
        point, squared_cosine = boundary_sample(problem, problem.tensor(top.values), seed)
        margin = estimate_margin(point.cpu().numpy(), squared_cosine, x.numpy(), first)
        yield point.cpu().numpy(), squared_cosine, float(margin.attrs.get("margin", np.nan))
