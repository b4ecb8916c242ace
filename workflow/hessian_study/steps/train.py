"""Train one seed of one experiment."""

import json
from pathlib import Path

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.data.user_files import read_parameters
from hessian_boundary.runtime.device import resolve_device
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the model artifact; until then, the state of a long training lies beside it."""
    unfinished = UnfinishedWork(job.output["model"], json.dumps(job.provenance, sort_keys=True))
    start = open_artifact(job.input["start"], "model") if "start" in job.input else None
    file = Path(job.input["state_dict"]) if "state_dict" in job.input else None
    model = run_training(
        open_artifact(job.input["dataset"], "dataset"),
        start,
        TrainingOptions.of_settings(job.settings),
        name=f"{job.wildcards['dataset']}/{job.wildcards['training']}",
        seed=int(job.wildcards["seed"]),
        device=resolve_device(job.device),
        state_dict=read_parameters(file) if file else None,
        unfinished=unfinished,
    )
    job.save(model, "model")
    unfinished.remove()
