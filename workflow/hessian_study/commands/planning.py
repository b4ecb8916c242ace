"""What the workflow would make, asked of Snakemake without running or writing anything."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
)

from hessian_study.project import SNAKEFILE, planned_elsewhere
from hessian_study.provenance.adopt import is_step
from hessian_study.provenance.code_digest import code_digest
from hessian_study.provenance.records import Step


@dataclass(frozen=True)
class Asked:
    """What Snakemake is told about a study: `--config`, `--configfile`, `--set-scatter`.

    With `replace` the files stand in the place of config.yaml: `--replace-workflow-config`.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Path] = ()
    replace: bool = False
    scatter: Mapping[str, int] = field(default_factory=dict)


def expected_steps(targets: Iterable[str], asked: Asked) -> list[Step]:
    """Return the steps that make the targets, each after those that it reads from.

    Snakemake plans them in an empty folder, where everything is still to be made.
    Raises snakemake's RuleException for an unknown target, WorkflowError for a bad configuration.
    """
    with (
        TemporaryDirectory() as folder,
        planned_elsewhere(Path.cwd()),
        dry_run(targets, Path(folder), asked) as dag,
    ):
        jobs = [job for level in dag.toposorted() for job in level]
        return [Step.of(job) for job in filter(is_step, jobs)]


@contextlib.contextmanager
def dry_run(targets: Iterable[str], directory: Path, asked: Asked) -> Iterator[Any]:
    """Give Snakemake's graph of jobs for the targets as it is planned in a working directory."""
    code_digest.cache_clear()  # the user may have edited code since
    output = OutputSettings(dryrun=True, quiet={Quietness.ALL})
    with (
        contextlib.chdir(directory),
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        SnakemakeApi(output) as api,
    ):
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1, overwrite_scatter=asked.scatter),
            config_settings=ConfigSettings(
                config=dict(asked.config),
                configfiles=asked.files,
                replace_workflow_config=asked.replace,
            ),
            storage_settings=StorageSettings(),
            snakefile=SNAKEFILE,
            workdir=directory,
        )
        dag_api = workflow.dag(dag_settings=DAGSettings(targets=set(targets)))
        dag_api.execute_workflow(executor="dryrun")
        yield workflow._workflow.dag  # the API has no public question for this; version is pinned
