"""Run Snakemake with the project's Snakefile, from any folder.

All options are Snakemake's own (snakemake --help); results come into the current folder. With
--summarise, the run ends with what was made, where the time went, and which jobs failed.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from snakemake.cli import parse_args, parse_config
from snakemake.exceptions import RuleException, WorkflowError

from hessian_study.commands.planning import expected_steps
from hessian_study.commands.summary import summarise
from hessian_study.project import SNAKEFILE

SUMMARY = "--summarise"  # `--summary` is Snakemake's


def main(arguments: Sequence[str]) -> int:
    """Run Snakemake and return its exit status; 1 too if what was to be made is not there."""
    passed = [argument for argument in arguments if argument != SUMMARY]
    started = time.time()
    status = run_snakemake(passed)
    if SUMMARY in arguments:
        status = _summarise(passed, started) or status
    return status


def run_snakemake(arguments: Sequence[str]) -> int:
    """Run Snakemake on the study and return its exit status."""
    with subprocess.Popen([sys.executable, "-m", "snakemake", *_with_snakefile(arguments)]) as run:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # Snakemake gets it too, and ends its jobs
                return run.wait()


def _with_snakefile(arguments: Sequence[str]) -> list[str]:
    return ["--snakefile", str(SNAKEFILE), *arguments]


def _summarise(arguments: Sequence[str], started: float) -> int:
    """Say what a run with these arguments of Snakemake has made since it was started."""
    _, options = parse_args(_with_snakefile(arguments))
    files = [Path(file).resolve() for file in options.configfile or []]
    with contextlib.chdir(options.directory or Path()):
        try:
            steps = expected_steps(
                options.targets or ["all"],
                parse_config(options.config),
                files,
                options.replace_workflow_config,
            )
        except (WorkflowError, RuleException):
            return 1  # the run has said so
        return summarise(steps, started)
