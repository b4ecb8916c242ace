"""What was made, where, where the time went, and which jobs failed."""

import argparse
import contextlib
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import pandas as pd
from snakemake.exceptions import RuleException, WorkflowError

from hessian_boundary.runtime.costs import Cost, summarise_costs
from hessian_study.commands.options import add_study_options, study_steps
from hessian_study.jobs.costs import stage_costs
from hessian_study.jobs.job_file import job_file
from hessian_study.provenance.records import Step
from hessian_study.provenance.verdicts import judge_record

MISTAKE = 2  # exit status for a mistake in the question
# part of what torch.distributed.run says, below an error, of the processes that it ends then
REPORT = " torch/distributed/elastic/"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_study_options(parser)


def main(options: argparse.Namespace) -> int:
    """Print the summary; return 0 if all that was asked for is there, 1 if not."""
    try:
        steps = study_steps(options)
    except (WorkflowError, RuleException) as error:
        print(f"summary: {error}", file=sys.stderr)
        return MISTAKE
    if not steps:
        print("summary: nothing is made for these targets")
        return 0
    with contextlib.chdir(options.directory):
        return summarise(steps)


def summarise(steps: Sequence[Step], started: float = math.inf) -> int:
    """Print what the steps made, and what they did not; return 0 if nothing is missing.

    A job that did not make its result failed if it has written its log since `started`, in
    seconds of the epoch; else it was not run.
    """
    profile = Path(steps[0].outputs[0]).parts[1]
    results = Path("results") / profile
    not_made = steps_not_made(steps)
    made = (
        "not all that was asked for is made; so far"
        if not_made
        else "all that was asked for is made"
    )
    print(f"\nOf the {profile} profile {made}:")  # which may be one target of many
    for folder, kinds in (("figures", "pdf, png"), ("tables", "csv, md, tex")):
        names = sorted({path.stem for path in (results / folder).glob("*.*")})
        print(f"  {folder:<8} {results / folder}/  ({kinds}): {', '.join(names)}")
    page = results / "report.html"
    print(f"  report   {page if page.is_file() else 'not yet'}")
    print(f"  arrays   {results}/<dataset>/<training>/seed<n>/*.zarr.zip\n")
    for line in [*cost_table(stage_costs(results)), "", *_what_failed(not_made, started)]:
        print(f"  {line}".rstrip())
    return int(bool(not_made))


def say_what_failed(steps: Sequence[Step], started: float) -> int:
    """Print the jobs that failed since `started`, and why; return 1."""
    for line in _what_failed(steps_not_made(steps), started):
        print(line)
    return 1


def steps_not_made(steps: Sequence[Step]) -> list[Step]:
    """Return the steps whose results are not what would be made now, or are missed by others.

    An intermediate result may be deleted when all that was made from it is there.
    """
    maker = {path: number for number, step in enumerate(steps) for path in step.outputs}
    sources = [
        {maker[path] for paths in step.inputs.values() for path in paths if path in maker}
        for step in steps
    ]
    readers: dict[int, set[int]] = defaultdict(set)
    not_made: set[int] = set()
    for number, step in enumerate(steps):  # a step comes after those it reads from
        for source in sources[number]:
            readers[source].add(number)
        if sources[number] & not_made or not all(_is_recorded(path, step) for path in step.outputs):
            not_made.add(number)
    for number in reversed(range(len(steps))):
        missed = not readers[number] or readers[number] & not_made
        if missed and not all(Path(path).is_file() for path in steps[number].outputs):
            not_made.add(number)
    return [steps[number] for number in sorted(not_made)]


def _is_recorded(path: str, step: Step) -> bool:
    return judge_record(path, step).status == "fresh"


def _what_failed(not_made: Sequence[Step], started: float) -> Iterator[str]:
    """Yield a line per failed job, with the last line of its log, and one for all others."""
    failed = [step for step in not_made if _last_written(step) >= started]
    if failed:
        yield f"{len(failed)} job{'s' * (len(failed) > 1)} failed:"
    for step in failed:
        names = " ".join(f"{key}={value}" for key, value in step.spec["wildcards"].items())
        yield f"  {step.spec['step']} {names}".rstrip() + f" ({step.logs[0]})"
        yield f"    {_last_line(Path(step.logs[0]))}"
        yield f"    once more: python -P -m hessian_study.jobs.run_job {_job_file(step)}"
    if others := len(not_made) - len(failed):
        waiting = ": they wait for these, or were not run" if failed else ""
        yield f"{others} {'more ' if failed else ''}jobs have not made their results{waiting}"


def _job_file(step: Step) -> str:
    profile = Path(step.outputs[0]).parts[1]
    return job_file(f"logs/{profile}", step.spec["step"], step.outputs[0])


def _last_written(step: Step) -> float:
    times = [Path(log).stat().st_mtime for log in step.logs if Path(log).is_file()]
    return max(times, default=-math.inf)


def _last_line(log: Path, length: int = 300) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 10_000))
        lines = file.read().decode(errors="replace").split("\n")
    lines = list(takewhile(lambda line: REPORT not in line, lines)) or lines
    line = next((line.strip() for line in reversed(lines) if line.strip()), "(its log is empty)")
    return line if len(line) <= length else f"{line[:length]}…"


def cost_table(costs: Mapping[str, Sequence[Cost]]) -> Iterator[str]:
    """Yield a line per stage, with its share of the CPU time of all jobs, and one for all."""
    yield "stage                  jobs        time    CPU time   share   longest   peak memory"
    table = summarise_costs(costs)
    every = summarise_costs({"all": [job for jobs in costs.values() for job in jobs]})
    for row in pd.concat([table, every]).itertuples():
        yield (
            f"{row.stage:<21} {row.jobs:>5} {row.seconds:>9.0f} s {row.cpu_seconds:>9.0f} s "
            f"{row.share:>7.1%} {row.longest:>7.0f} s {row.memory_mb:>10.0f} MB"
        )
