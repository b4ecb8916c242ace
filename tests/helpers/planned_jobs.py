"""The jobs that Snakemake would run: (rule, dataset, training, seed) each.

One rule makes all figures; its jobs go by the figure's name.
Each question has a process of its own, because Snakemake and the code digests keep state. It is
forked from one that has imported Snakemake, which takes as long as the question itself.
"""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

Jobs = list[tuple[str, ...]]
# nothing of the project: the code that is asked may be a copy
FORKED_FROM = multiprocessing.get_context("forkserver")
FORKED_FROM.set_forkserver_preload(
    ["snakemake.api", "snakemake_executor_plugin_slurm", "jsonschema", "pandas"]
)


def planned_jobs(code: Path, directory: Path, config_file: Path, targets: list[str]) -> Jobs:
    """Return the jobs of a dry run with the project's code in a folder."""
    with ProcessPoolExecutor(1, FORKED_FROM, max_tasks_per_child=1) as processes:
        question = (code, directory, config_file, targets)
        return processes.submit(_planned, *question, dict(os.environ)).result()


def _planned(
    code: Path, directory: Path, config_file: Path, targets: list[str], environment: dict[str, str]
) -> Jobs:
    os.environ.clear()  # what it was when the first question was asked
    os.environ.update(environment)
    sys.path[:0] = [f"{code}/pipeline", f"{code}/workflow", str(code)]
    from hessian_study.commands.planning import Asked, dry_run

    with dry_run(targets, directory, Asked(files=[config_file])) as dag:
        return sorted(
            (
                job.wildcards.get("figure", job.rule.name),
                *(job.wildcards.get(n, "") for n in ("dataset", "training", "seed")),
            )
            for job in dag.needrun_jobs(exclude_finished=False)
            if not job.rule.norun
        )
