"""Estimate the margin of one model from its top eigenvector."""

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.boundary.margin import boundary_sample, estimate_margin, unknown_margin
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.runtime.seeds import derive_seed
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import has_diverged, load_problem


def main(job: Job) -> None:
    """Write the margin artifact, in float64; without numbers for a training that diverged."""
    x, _ = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    if has_diverged(job):
        job.save(unknown_margin(x.shape[1]), "margin")
        return
    top = open_artifact(job.input["spectrum"], "spectrum")["eigenvectors"].isel(eigen=0)
    samples = open_artifact(job.input["alignment"], "alignment_samples")
    problem = load_problem(job)
    seed = derive_seed("margin", *job.wildcards.values())
    found = boundary_sample(problem, problem.tensor(top.values), seed)
    x_boundary, squared_cosine = found[0].cpu().numpy(), found[1]
    first = samples["alignment"].isel(eigen=0).values
    job.save(estimate_margin(x_boundary, squared_cosine, x.numpy(), first), "margin")
