"""Generate a data set, permute labels, split."""

from pathlib import Path

from hessian_boundary.artifacts.archives import TOP_OF_STORE
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.data.user_files import read_arrays
from hessian_study.jobs.job import Job

# for the workflow: where the data are found
FILE_KEYS = ("files", "needs_files", "split")


def main(job: Job) -> None:
    """Write the dataset artifact. Raises ValueError that names the data set."""
    settings = {key: value for key, value in job.settings.items() if key not in FILE_KEYS}
    generator, parameters = settings.pop("generator"), settings.pop("parameters")
    files, file = job.input.get("files", ()), named_path(job.input.get("file", []))
    try:
        x, y, about = generate_samples(generator, parameters, job.data_folder, files, file)
        if "split" in job.input:
            settings["split"] = read_arrays(Path(job.input["split"]))
        dataset = build_dataset(x, y, **settings, about=about)
    except ValueError as error:
        raise ValueError(f"datasets.{job.wildcards['dataset']}: {error}") from error
    job.save(dataset, "dataset")


def named_path(inputs: list[str]) -> Path | None:
    """Return what `parameters.file` named: a file, or the folder of a store with these members."""
    if not inputs:
        return None
    paths = list(map(Path, inputs))
    tops = [path for path in paths if path.name in TOP_OF_STORE]
    return min(tops, key=lambda path: len(path.parts)).parent if tops else paths[0]
