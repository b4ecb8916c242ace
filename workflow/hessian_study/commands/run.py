"""Run Snakemake with the project's Snakefile, from any folder.

All options are Snakemake's own (snakemake --help); results come into the current folder. The
terminal shows how far the run is and, at its end, which jobs failed and why; Snakemake's log file
has the rest. With -v, or an option of Snakemake's about its messages, all of them are shown. With
--summarise, the run ends with what was made, where the time went, and which jobs failed.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from snakemake.cli import parse_args, parse_config, parse_set_scatter
from snakemake.exceptions import RuleException, WorkflowError

from hessian_study.commands.planning import Asked, expected_steps
from hessian_study.commands.summary import say_what_failed, summarise
from hessian_study.jobs.launch import PYTHON
from hessian_study.project import SNAKEFILE
from hessian_study.provenance.records import Step

SUMMARY = "--summarise"  # `--summary` is Snakemake's
ALL_MESSAGES = "-v"
ENDS = (signal.SIGTERM, signal.SIGHUP)
# options that ask for messages of Snakemake's own
MESSAGES = {"--dry-run", "--dryrun", "--verbose", "--quiet", "-q", "--printshellcmds", "-p"}
MESSAGES |= {"--debug-dag", "--logger", ALL_MESSAGES}


def main(arguments: Sequence[str]) -> int:
    """Run Snakemake and return its exit status; 1 too if what was to be made is not there."""
    passed = [argument for argument in arguments if argument != SUMMARY]
    started = time.time()
    status = run_snakemake(passed)
    if SUMMARY in arguments:
        status = _conclude(passed, started, summarise) or status
    elif status and not _wants_messages(passed):
        _conclude(passed, started, say_what_failed)
    return status


def run_snakemake(arguments: Sequence[str]) -> int:
    """Run Snakemake on the study and return its exit status."""
    program = "snakemake" if _wants_messages(arguments) else "hessian_study.terminal.snakemake"
    passed = _with_snakefile([argument for argument in arguments if argument != ALL_MESSAGES])
    with subprocess.Popen([*PYTHON, "-m", program, *passed]) as run, _passed_on(run):
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # Snakemake gets it too, and ends its jobs
                return run.wait()


@contextlib.contextmanager
def _passed_on(run: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ask Snakemake to end when this process is asked to: it finishes the jobs that run.

    By a hang-up it would end at once, with the folder locked and its jobs left alone. Where that is
    ignored, as with `nohup`, it stays so.
    """
    ends = [end for end in ENDS if signal.getsignal(end) is not signal.SIG_IGN]
    before = {end: signal.signal(end, lambda *_: run.send_signal(signal.SIGTERM)) for end in ends}
    try:
        yield
    finally:
        for end, handler in before.items():
            signal.signal(end, handler)


def _wants_messages(arguments: Sequence[str]) -> bool:
    words = {argument.partition("=")[0] for argument in arguments}
    return bool(words & MESSAGES) or any(word.startswith("-n") for word in words)


def _with_snakefile(arguments: Sequence[str]) -> list[str]:
    return ["--snakefile", str(SNAKEFILE), *arguments]


def _conclude(
    arguments: Sequence[str], started: float, say: Callable[[Sequence[Step], float], int]
) -> int:
    """Say what a run with these arguments of Snakemake has made since it was started."""
    words = [argument for argument in arguments if argument != ALL_MESSAGES]
    _, options = parse_args(_with_snakefile(words))
    asked = Asked(
        config=parse_config(options.config),
        files=[Path(file).absolute() for file in options.configfile or []],
        replace=options.replace_workflow_config,
        scatter=parse_set_scatter(options.set_scatter),
    )
    with contextlib.chdir(options.directory or Path()):
        try:
            steps = expected_steps(options.targets or ["all"], asked)
        except (WorkflowError, RuleException):
            return 1  # the run has said so
        return say(steps, started)
