"""Say of every artifact whether it is what the workflow would make now.

`python -m hessian_study.commands.verify [--profile quick] [TARGET…]` opens every artifact that the
targets (default: everything) need and reports: fresh, stale (what changed), damaged, missing, or
unknown (it does not say what made it). What ought to be there is asked of Snakemake; its memory,
the folder .snakemake, is neither read nor written. The exit code is 0 only if all are fresh.
"""

import argparse
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
)

from hessian_study.project import SNAKEFILE
from hessian_study.provenance.adopt import is_step
from hessian_study.provenance.records import Step, Verdict, judge, remembered

STATUSES = ("fresh", "stale", "damaged", "missing", "unknown")


def expected_steps(
    targets: Iterable[str], config: Mapping[str, Any], config_files: Sequence[Path] = ()
) -> list[Step]:
    """Return the steps that make the targets, each after those that it reads from.

    Snakemake plans them in an empty folder, where everything is still to be made.
    Raises snakemake's RuleException for an unknown target, WorkflowError for a bad configuration.
    """
    with (
        TemporaryDirectory() as folder,
        dry_run(targets, Path(folder), config, config_files) as dag,
    ):
        jobs = [job for level in dag.toposorted() for job in level]
        return [Step.of(job) for job in filter(is_step, jobs)]


@contextlib.contextmanager
def dry_run(
    targets: Iterable[str],
    directory: Path,
    config: Mapping[str, Any],
    config_files: Sequence[Path] = (),
) -> Iterator[Any]:
    """Give Snakemake's graph of jobs for the targets as it is planned in a working directory."""
    output = OutputSettings(dryrun=True, quiet={Quietness.ALL})
    with (
        contextlib.chdir(directory),
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        SnakemakeApi(output) as api,
    ):
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(config=dict(config), configfiles=config_files),
            storage_settings=StorageSettings(),
            snakefile=SNAKEFILE,
            workdir=directory,
        )
        dag_api = workflow.dag(dag_settings=DAGSettings(targets=set(targets)))
        dag_api.execute_workflow(executor="dryrun")
        yield workflow._workflow.dag  # the API has no public question for this; version is pinned


def verify(
    steps: Iterable[Step], progress: Callable[[str], None] = lambda path: None
) -> dict[str, Verdict]:
    """Judge every output of the steps; what is made from an unfit artifact is not fresh either."""
    digest = remembered()
    verdicts: dict[str, Verdict] = {}
    for step in steps:
        inputs = [path for paths in step.inputs.values() for path in paths if path in verdicts]
        unfit = [path for path in inputs if verdicts[path].status != "fresh"]
        for path in step.outputs:
            progress(path)
            verdicts[path] = judge(path, step, digest)
            if verdicts[path].status == "fresh" and unfit:
                verdicts[path] = _inherited(verdicts[path], unfit[0], verdicts[unfit[0]].status)
    return verdicts


def _inherited(verdict: Verdict, source: str, status: str) -> Verdict:
    """What comes from a stale artifact is stale; what comes from no known one is unknown."""
    inherited = "unknown" if status in ("missing", "unknown") else "stale"
    return replace(verdict, status=inherited, reason=f"upstream: {source} is {status}")


def report(verdicts: Mapping[str, Verdict]) -> str:
    """Write counts by status, then every artifact that is not fresh with its reason."""
    by_status: dict[str, list[str]] = {status: [] for status in STATUSES}
    for path, verdict in sorted(verdicts.items()):
        by_status[verdict.status].append(path)
    lines = [f"  {status:<8} {len(paths):>5}" for status, paths in by_status.items()]
    for status in STATUSES[1:]:
        if by_status[status]:
            lines.append(f"\n{status}")
        for path in by_status[status]:
            reason = verdicts[path].reason
            lines.append(f"  {path}" + (f": {reason}" if reason else ""))
    others = Counter(other for verdict in verdicts.values() for other in verdict.other_versions)
    if others:
        lines.append("\nmade with other package versions (for information)")
        lines += [f"  {other}: {count} artifacts" for other, count in sorted(others.items())]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if all is fresh, 1 if not, 2 for a mistake in the question."""
    parser = argparse.ArgumentParser(prog="hessian_study.commands.verify", description=__doc__)
    parser.add_argument("targets", nargs="*", default=["all"], metavar="TARGET")
    parser.add_argument("--profile", help="quick or paper (default: what config.yaml says)")
    parser.add_argument("--configfile", type=Path, action="append", default=[])
    parser.add_argument("--directory", type=Path, default=Path(), help="where results/ is")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    config = {"profile": options.profile} if options.profile else {}
    try:
        steps = expected_steps(options.targets, config, [p.resolve() for p in options.configfile])
    except (WorkflowError, RuleException) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    with contextlib.chdir(options.directory):
        verdicts = verify(steps, _show_progress if sys.stderr.isatty() else lambda path: None)
    print(f"{len(verdicts)} artifacts verified in {time.monotonic() - start:.0f} s")
    print(report(verdicts))
    return int(any(verdict.status != "fresh" for verdict in verdicts.values()))


def _show_progress(path: str) -> None:
    print(f"\r\033[K{path}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
