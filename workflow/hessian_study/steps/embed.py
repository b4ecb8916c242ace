"""Embed the training samples of a data set in the plane."""

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.data.embedding import embed
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the embedding artifact."""
    x, _ = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    job.save(embed(x.numpy()), "embedding")
