"""Stale results never pass as fresh, whatever Snakemake remembers.

Snakemake compares code and settings with its own memory in `.snakemake`. Where that is lost, or a
file was put in place by someone else, it looks at modification times only and lets stale results
pass. So before it plans, every artifact's record is compared with the step that makes it now; and
an artifact that Snakemake does not know, or knows with another time, is judged by its content too.
What is fresh gets a new memory, whatever its modification time; what is not is made again, with all
that was made from it. Nothing is deleted.

Nor does Snakemake miss an intermediate file that is gone. That is right after its deletion, while
the memory still tells how the file was made; but a job that failed leaves neither file nor memory,
and what was made from its former output would pass. It is made again.

Snakemake has no public hook between finding the jobs and deciding which to run. So two of its
methods are wrapped, and only of the version that this was written for and tested with.
"""

import asyncio
import math
from functools import cache
from typing import Any

import snakemake
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.finished import keep_finished, remember_finished, say_what_to_keep
from hessian_study.provenance.records import Step
from hessian_study.provenance.verdicts import Verdict, judge, judge_record

TESTED = "9.27.1"  # the version in requirements.txt
# what of Snakemake is used here that it does not promise to keep: of the workflow, of its graph of
# jobs once there is one, and of its memory
WORKFLOW = ("_build_dag", "dag_settings", "execution_settings", "is_main_process", "persistence")
GRAPH = ("check_incomplete", "forcefiles", "jobs", "toposorted", "update_jobids", "workflow")
MEMORY = ("deactivate_cache", "finished", "incomplete", "metadata")


def adopt_artifacts(workflow: Any) -> None:
    """Have the workflow judge its artifacts each time it has found its jobs.

    Snakemake's check for incomplete files comes between finding the jobs and deciding which to
    run, and is called once. Raises WorkflowError for a version of Snakemake that is not the tested
    one, or that lacks what is used of it.
    """
    _check_version(snakemake.__version__)
    _require(workflow, WORKFLOW)
    build = workflow._build_dag

    def build_and_adopt() -> None:
        dag = workflow.dag
        _require(dag, GRAPH)
        _require(workflow.persistence, MEMORY)
        check = dag.check_incomplete

        async def check_and_adopt() -> None:
            steps = list(filter(is_step, dag.jobs))
            if not workflow.is_main_process:  # the processes that run single jobs plan nothing
                await check()
                keep_finished(dag, steps)
                return
            say_what_to_keep(workflow.dag_settings)
            await remember_finished(dag, steps)
            await check()
            await _adopt(dag)
            await _distrust(dag)

        dag.check_incomplete = check_and_adopt
        build()

    workflow._build_dag = build_and_adopt


def is_step(job: Any) -> bool:
    """Tell whether a job of Snakemake's runs a step; `all` and a user's own rules do not."""
    return {"spec", "job_file"} <= set(job.rule.params.keys())


def _check_version(found: str) -> None:
    if found != TESTED:
        raise WorkflowError(
            f"expected Snakemake {TESTED}, found {found}: that no stale result passes as fresh is "
            "tested with that version only. Install it: pip install -r requirements.txt. To move "
            "to another one, run tests/provenance with it and change TESTED in " + __file__
        )


def _require(owner: Any, names: tuple[str, ...]) -> None:
    """Raise WorkflowError unless an object of Snakemake has what is used of it."""
    for name in names:
        if not hasattr(owner, name):
            raise WorkflowError(
                f"expected Snakemake's {type(owner).__name__} to have {name!r}, found none: this "
                f"is not the version {TESTED} that the workflow is tested with; install that"
            )


async def _adopt(dag: Any) -> None:
    """Force the jobs of artifacts that are not fresh, and renew the memory of the others."""
    digest = cache(file_digest)
    steps = list(filter(is_step, dag.jobs))
    unknown = {file for job in steps for file in job.output if await _is_unknown(dag, file)}
    refused = []
    if unknown:
        dag.update_jobids()  # the memory holds the shell command, and that may show the job's id
    for job in steps:
        if await _is_unfinished(dag, job):
            continue
        step = Step.of(job)
        found = [file for file in job.output if await file.exists()]
        known = unknown.isdisjoint([*job.output, *job.input])
        verdicts: dict[Any, Verdict] = {
            file: judge_record(file, step) if known else judge(file, step, digest) for file in found
        }
        unfit = [f"{f}: {v.status}, {v.reason}" for f, v in verdicts.items() if v.status != "fresh"]
        if unfit:
            dag.forcefiles.update(job.output)
            refused.append(unfit[0])
        elif verdicts and not known and dag.workflow.execution_settings is not None:
            await asyncio.to_thread(getattr, job, "resources")  # starts an event loop of its own
            await dag.workflow.persistence.finished(job)
    if unknown:
        dag.workflow.persistence.deactivate_cache()  # it would not see what is new
    if refused:
        logger.warning(
            f"{len(refused)} jobs have results that are not fresh and run again "
            f"(all: hessian-boundary verify). The first: {refused[0]}"
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
        logger.warning(
            f"{len(distrusted)} results are made again: what they read is gone, or was made anew "
            f"since. The first: {distrusted[0]}"
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
