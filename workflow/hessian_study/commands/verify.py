"""Say of every artifact whether it is what the workflow would make now.

Every artifact that the targets (default: everything) need is read, and reported as fresh, stale
(what changed), damaged, missing, or unknown (nothing says what made it). What ought to be there is
asked of Snakemake; its memory, the folder .snakemake, is neither read nor written. The exit status
is 0 only if all are fresh. With --repair, what is not is then made again.
"""

import argparse
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from snakemake.exceptions import RuleException, WorkflowError

from hessian_study.commands.options import add_study_options, study_arguments, study_steps
from hessian_study.commands.run import run_snakemake
from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import Step
from hessian_study.provenance.verdicts import Verdict, judge

STATUSES = ("fresh", "stale", "damaged", "missing", "unknown")
MISTAKE = 2  # exit status for a mistake in the question


def verify(
    steps: Iterable[Step], progress: Callable[[str], None] = lambda path: None
) -> dict[str, Verdict]:
    """Judge every output of the steps; what is made from an unfit artifact is not fresh either."""
    digest = cache(file_digest)  # an artifact is the input of several steps
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
    reason = f"upstream: {source} is {status}"
    return replace(verdict, status=inherited, reason=reason, inherited=True)


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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_study_options(parser)
    parser.add_argument("--repair", action="store_true", help="make again what is not fresh")


def main(options: argparse.Namespace) -> int:
    """Run the command; return 0 if all is fresh in the end, 1 if not, 2 for a mistake in it."""
    start = time.monotonic()
    try:
        steps = study_steps(options)
    except (WorkflowError, RuleException) as error:
        print(f"verify: {error}", file=sys.stderr)
        return MISTAKE
    with contextlib.chdir(options.directory):
        verdicts = verify(steps, _show_progress if sys.stderr.isatty() else lambda path: None)
    print(f"{len(verdicts)} artifacts verified in {time.monotonic() - start:.0f} s")
    print(report(verdicts), flush=True)
    unfit = {path: verdict for path, verdict in verdicts.items() if verdict.status != "fresh"}
    if not unfit or not options.repair:
        return int(bool(unfit))
    # what only comes from an unfit one follows it by itself
    own = [path for path, verdict in unfit.items() if not verdict.inherited]
    print(f"\nmade again: {len(own)} artifacts and all that was made from them", flush=True)
    return run_snakemake([*options.targets, *study_arguments(options), "--forcerun", *own])


def _show_progress(path: str) -> None:
    print(f"\r\033[K{path}", end="\r", file=sys.stderr, flush=True)
