"""Print, as JSON, the jobs that Snakemake would run: [rule, dataset, training, seed] each.

Run as a process of its own per question, because Snakemake and the code digests keep state:
`python tests/planned_jobs.py SNAKEFILE WORKING_DIRECTORY CONFIG_FILE TARGET…`
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
)


def planned_jobs(
    snakefile: str, directory: str, config_file: str, targets: list[str]
) -> list[tuple[str, ...]]:
    """Return the jobs of a dry run."""
    output = OutputSettings(dryrun=True, quiet={Quietness.ALL})
    with SnakemakeApi(output) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[Path(config_file)]),
            storage_settings=StorageSettings(),
            snakefile=Path(snakefile),
            workdir=Path(directory),
        )
        dag_api = workflow.dag(dag_settings=DAGSettings(targets=set(targets)))
        dag_api.execute_workflow(executor="dryrun")
        dag = workflow._workflow.dag  # the API has no public question for this; version is pinned
        return sorted(
            (job.rule.name, *(job.wildcards.get(n, "") for n in ("dataset", "training", "seed")))
            for job in dag.needrun_jobs(exclude_finished=False)
            if not job.rule.norun
        )


if __name__ == "__main__":
    os.environ["SNAKEMAKE_PROFILE"] = ""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        jobs = planned_jobs(*sys.argv[1:4], sys.argv[4:])
    print(json.dumps(jobs))
