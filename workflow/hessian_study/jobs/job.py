"""Run one step: `python -m hessian_study.jobs.job FILE`, where FILE says what to do (`job_file`).

Its `spec` says what the step is and everything the result depends on besides the input files: the
step's name, the digest of its code, its settings and its wildcards. Beside it stand the paths of
inputs and outputs. A step is a module of hessian_study/steps with a function `main(job)`.
"""

import sys
import time
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import xarray as xr

from hessian_boundary.artifacts.store import save_artifact
from hessian_study.jobs.costs import record_cost
from hessian_study.jobs.job_file import read_job_file
from hessian_study.provenance.records import describe, record


@dataclass(frozen=True)
class Job:
    """What a step is given: paths by name, settings, wildcards, and what this machine offers."""

    spec: dict[str, Any]
    input: dict[str, Any]  # name -> path or list of paths
    output: dict[str, str]
    device: str
    data_folder: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The part of the configuration that the step reads."""
        return self.spec["settings"]

    @property
    def wildcards(self) -> dict[str, str]:
        """dataset, training and seed of the output, as far as it has them."""
        return self.spec["wildcards"]

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """The spec, the digest of every input file, and package versions: no time, no host."""
        return describe(self.spec, self.input)

    def save(self, dataset: xr.Dataset, kind: str) -> None:
        """Write the step's only output, an artifact of the given kind."""
        (path,) = self.output.values()
        save_artifact(dataset, path, kind, self.provenance)


def main(file: str) -> None:
    """Run the step that a job's file names."""
    started = time.monotonic()
    job = Job(**read_job_file(file))
    step = job.spec["step"]
    names = " ".join(f"{key}={value}" for key, value in job.wildcards.items())
    print(f"step {step} {names}", file=sys.stderr, flush=True)
    import_module(f"hessian_study.steps.{step}").main(job)
    record(job.output.values(), job.provenance)
    record_cost(step, next(iter(job.output.values())), time.monotonic() - started)


if __name__ == "__main__":
    main(sys.argv[1])
