"""Jobs that stand in for real ones, forked from a warm process."""

import os
import subprocess
import sys
from pathlib import Path

from helpers.tiny_study import ROOT

PACKAGE = ROOT / "workflow" / "hessian_study" / "jobs"

# stands in for hessian_study.jobs.job, which is imported only in the fork
JOB = """\
import os, signal, sys, time

def save(number, frame):
    signal.signal(number, signal.SIG_IGN)
    time.sleep(0.5)
    open("saved", "a").write("all ")
    sys.exit(128 + number)

def main(what, argument):
    print("to standard output")
    print("to standard error", file=sys.stderr)
    open("ran", "w").write(f"{os.getpid()} {os.environ.get('TOLD')} {'torch' in sys.modules}")
    if what == "fail":
        raise ValueError(argument)
    if what == "hang":
        time.sleep(600)
    if what == "save":
        signal.signal(signal.SIGTERM, save)
        open("ran", "a").write(" saving")
        time.sleep(600)
    if what == "tell":
        print(os.environ[argument])
    if what == "imported":
        print(argument in sys.modules)
    if what == "end":
        os.kill(os.getpid(), int(argument))
"""
# what the main process does: start the warm one, then run a shell command
MAIN = """\
import subprocess, sys
from hessian_study.jobs.warm_process import start_warm_process

start_warm_process()
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hessian_study.jobs.run_job", *arguments]


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(project), "TOLD": "by the caller"}


def warm(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MAIN, *command(*arguments)],
        cwd=project, env={**environment(project), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def was_warm(project: Path) -> bool:
    """Tell whether the last job was forked from a process with the libraries."""
    return (project / "ran").read_text().endswith("True")


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
