"""Generate a data set, permute labels, split."""

from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.generating import generate_samples
from hessian_study.jobs.job import Job

FILE_KEYS = ("files", "needs_files")  # for the workflow: where the generator finds its data


def main(job: Job) -> None:
    """Write the dataset artifact. Raises ValueError that names the data set."""
    settings = {key: value for key, value in job.settings.items() if key not in FILE_KEYS}
    generator, parameters = settings.pop("generator"), settings.pop("parameters")
    files = job.input.get("files", ())
    try:
        x, y, about = generate_samples(generator, parameters, job.data_folder, files)
        dataset = build_dataset(x, y, **settings, about=about)
    except ValueError as error:
        raise ValueError(f"datasets.{job.wildcards['dataset']}: {error}") from error
    job.save(dataset, "dataset")
