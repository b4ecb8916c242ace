"""What a preempted, cancelled or failed SLURM job had finished is not made again.

Several steps run in one SLURM job, a group. If it ends in the middle, Snakemake takes all of them
for incomplete and runs all again. But a step writes its record last, with the digest of what it
made: an output that fits its record is complete, whatever became of the job. With
`keep-incomplete` Snakemake does not delete it, and what follows keeps it from being made again:
in a later run of the workflow, and in the SLURM job that is the next attempt at the group.
"""

import os
from functools import cache
from typing import Any

from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import Step
from hessian_study.provenance.verdicts import judge

# environment variable that SLURM hands on to jobs: finished steps of a group are kept
KEEP = "HESSIAN_KEEP_FINISHED"


def say_what_to_keep(settings: Any) -> None:
    """Let SLURM jobs keep what is finished, unless the user asks for it to be made once more."""
    if settings.forceall or settings.forcetargets or settings.forcerun:
        os.environ.pop(KEEP, None)
    else:
        os.environ[KEEP] = "on"


async def remember_finished(dag: Any, steps: list[Any]) -> None:
    """Tell Snakemake's memory of the steps that ended although it never heard of it."""
    memory = dag.workflow.persistence
    digest = cache(file_digest)
    unfinished = [job for job in steps if await memory.incomplete(job)]
    finished = [job for job in unfinished if _is_finished(job, digest)]
    if finished and dag.workflow.execution_settings is not None:
        dag.update_jobids()  # the memory holds the shell command, and that may show the job's id
        for job in finished:
            await memory.finished(job)
        memory.deactivate_cache()  # it would not see what is new


def keep_finished(dag: Any, steps: list[Any]) -> None:
    """In a SLURM job: do not force the steps that an earlier attempt has finished."""
    if os.environ.get(KEEP):
        digest = cache(file_digest)
        for job in steps:
            if _is_finished(job, digest):
                dag.forcefiles.difference_update(job.output)


def _is_finished(job: Any, digest: Any) -> bool:
    step = Step.of(job)
    return all(judge(path, step, digest).status == "fresh" for path in step.outputs)
