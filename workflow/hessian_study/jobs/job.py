"""Run one step: `python -P -m hessian_study.jobs.job FILE`; FILE says what to do (`job_file`).

Its `spec` says what the step is and everything the result depends on besides the input files: the
step's name, the digest of its code, its settings and its wildcards. Beside it stand the paths of
inputs and outputs. A step is a module of hessian_study/steps with a function `main(job)`. One that
may run in several processes has a function `serve(job)` too, for those that are not the first.
"""

import sys
import time
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hessian_study.jobs.job_file import read_job_file
from hessian_study.jobs.launch import is_helper
from hessian_study.jobs.termination import end_in_order
from hessian_study.provenance.inputs import Inputs
from hessian_study.provenance.planned_code import planned_code
from hessian_study.provenance.records import describe, record

if TYPE_CHECKING:  # the code of a step is imported when it has been compared with the plan's
    import xarray as xr


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
    def inputs(self) -> Inputs:
        """The input files as they were when this was asked for first: before the step."""
        return Inputs(self.input)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """The spec, the digest of every input file, and package versions: no time, no host."""
        return describe(self.spec, self.inputs.digests)

    def save(self, dataset: "xr.Dataset", kind: str) -> None:
        """Write the step's only output, an artifact of the given kind."""
        from hessian_boundary.artifacts.store import save_artifact

        (path,) = self.output.values()
        save_artifact(dataset, path, kind, self.provenance)


def main(file: str) -> None:
    """Run the step that a job's file names; of several processes only the first one leaves files.

    SIGTERM is for that one, too: the others end when it has saved what it has.
    """
    started = time.monotonic()
    end_in_order()
    job = Job(**read_job_file(file))
    step = job.spec["step"]
    names = " ".join(f"{key}={value}" for key, value in job.wildcards.items())
    print(f"step {step} {names}", file=sys.stderr, flush=True)
    provenance = job.provenance  # the inputs are digested before they are read
    with planned_code(job.spec):
        module = import_module(f"hessian_study.steps.{step}")
        if is_helper():
            module.serve(job)
            return
        module.main(job)
    job.inputs.refuse_changes()
    record(job.output.values(), provenance)
    from hessian_study.jobs.costs import record_cost  # not before the step's own imports

    record_cost(step, next(iter(job.output.values())), time.monotonic() - started)


if __name__ == "__main__":
    main(sys.argv[1])
