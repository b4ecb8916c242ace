"""Embed the training samples of a data set in the plane."""

from pipeline.artifacts import open_artifact
from pipeline.dataset import samples_of
from pipeline.embedding import embed
from workflow.job import Job


def main(job: Job) -> None:
    """Write the embedding artifact."""
    x, _ = samples_of(open_artifact(job.input["dataset"], "dataset"), "train")
    job.save(embed(x.numpy()), "embedding")
