"""Generate a data set, permute labels, split."""

from pipeline.dataset import build_dataset, generate_samples
from workflow.job import Job


def main(job: Job) -> None:
    """Write the dataset artifact."""
    settings = dict(job.settings)
    x, y = generate_samples(settings.pop("generator"), settings.pop("parameters"))
    job.save(build_dataset(x, y, **settings), "dataset")
