"""Generate a data set, permute labels, split."""

from hessian_boundary.data.dataset import build_dataset, generate_samples
from hessian_study.jobs.job import Job

FILE_KEYS = ("files", "needs_files")  # for the workflow: where the generator finds its data


def main(job: Job) -> None:
    """Write the dataset artifact."""
    settings = {key: value for key, value in job.settings.items() if key not in FILE_KEYS}
    x, y, about = generate_samples(
        settings.pop("generator"), settings.pop("parameters"), job.data_folder
    )
    job.save(build_dataset(x, y, **settings, about=about), "dataset")
