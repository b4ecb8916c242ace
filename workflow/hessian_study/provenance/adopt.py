"""Where Snakemake's memory does not fit the files, let the artifacts speak for themselves.

Snakemake compares code and settings with records in `.snakemake`. Where a record is lost, or a file
was put in place by someone else, it looks at modification times only and lets stale results pass.
So before it plans, every artifact whose record is missing or is not of this very file is judged by
its own provenance, and so is what was made from it. What is fresh gets a new record, whatever its
modification time; what is not is made again. Nothing is deleted.

Nor does Snakemake miss an intermediate file that is gone. That is right after its deletion, while
the record still tells how the file was made; but a job that failed leaves neither file nor record,
and what was made from its former output would pass. It is made again.
"""

import asyncio
import math
from typing import Any

from snakemake.logging import logger


def adopt_artifacts(workflow: Any) -> None:
    """Have the workflow judge unknown artifacts each time it has found its jobs.

    Snakemake has no hook between finding the jobs and deciding which to run; its check for
    incomplete files is there and is called once.
    """
    build = workflow._build_dag

    def build_and_adopt() -> None:
        dag = workflow.dag
        check = dag.check_incomplete

        async def check_and_adopt() -> None:
            await check()
            if workflow.is_main_process:  # the processes that run single jobs plan nothing
                await _adopt(dag)
                await _distrust(dag)

        dag.check_incomplete = check_and_adopt
        build()

    workflow._build_dag = build_and_adopt


def is_step(job: Any) -> bool:
    """Tell whether a job of Snakemake's runs a step; `all` and a user's own rules do not."""
    return {"spec", "job_file"} <= set(job.rule.params.keys())


async def _adopt(dag: Any) -> None:
    """Renew the records of fresh artifacts and force the jobs of all others."""
    steps = list(filter(is_step, dag.jobs))
    unknown = {file for job in steps for file in job.output if await _is_unknown(dag, file)}
    if not unknown:
        return
    from hessian_study.provenance.records import (  # costs a second: only when needed
        Step,
        judge,
        remembered,
    )

    dag.update_jobids()  # a record holds the shell command, and that may show the job's id
    digest = remembered()
    refused = []
    for job in steps:
        if unknown.isdisjoint([*job.output, *job.input]) or await _is_unfinished(dag, job):
            continue
        step = Step.of(job)
        verdicts = {file: judge(file, step, digest) for file in job.output if await file.exists()}
        unfit = [f"{f}: {v.status}, {v.reason}" for f, v in verdicts.items() if v.status != "fresh"]
        if unfit:
            dag.forcefiles.update(job.output)
            refused.append(unfit[0])
        elif verdicts and dag.workflow.execution_settings is not None:
            await asyncio.to_thread(getattr, job, "resources")  # starts an event loop of its own
            await dag.workflow.persistence.finished(job)
    dag.workflow.persistence.deactivate_cache()  # it would not see the new records
    if refused:
        logger.info(
            f"{len(refused)} jobs, unknown to Snakemake, have results that are not fresh and run "
            f"again (all: make verify). The first: {refused[0]}"
        )


async def _distrust(dag: Any) -> None:
    """Force what was made before a missing input was made last, or from one without a record."""
    made: dict[Any, float] = {}  # missing file -> the time it was made last, infinity if unknown
    distrusted = []
    for job in filter(is_step, (job for level in dag.toposorted() for job in level)):
        since = max((made.get(file, 0.0) for file in job.input), default=0.0)
        for file in job.output:
            record = dag.workflow.persistence.metadata(file)
            outdated = record is None or record.endtime < since
            if not await file.exists():
                made[file] = math.inf if outdated else record.endtime
            elif outdated and since:
                distrusted.append(file)
    dag.forcefiles.update(distrusted)
    if distrusted:
        logger.info(
            f"{len(distrusted)} results were made from files that are gone, which their jobs since "
            f"failed to make or made otherwise; they are made again. The first: {distrusted[0]}"
        )


async def _is_unknown(dag: Any, file: Any) -> bool:
    """Tell whether a file exists that is not the one Snakemake's record was written for."""
    if not await file.exists():
        return False
    record = dag.workflow.persistence.metadata(file)
    return record is None or record.endtime != (await file.mtime()).local_or_storage()


async def _is_unfinished(dag: Any, job: Any) -> bool:
    """Tell whether a job is running elsewhere or was killed: a new record would hide that."""
    return bool(await dag.workflow.persistence.incomplete(job))
